/** Chains of tools. Pure. */
import type { ModelInfo } from '../../app/contract';
import { scaleOf } from '../../app/pictureLimits';
import { maxSteps, type Step } from '../../app/queue';

const modelOf = (models: readonly ModelInfo[], { model }: Step): ModelInfo | undefined =>
  models.find(({ id }) => id === model);

/** Options that a step takes. What its tool is for is known by its icon. */
export function optionsOf(model: Pick<ModelInfo, 'icon'>): 'hide' | 'ground' | null {
  if (model.icon === 'face') return 'hide';
  return model.icon === 'scissors' ? 'ground' : null;
}

/** Whether a step hides faces. */
export const hidesPeople = (models: readonly ModelInfo[], step: Step): boolean => {
  const model = modelOf(models, step);
  return model !== undefined && optionsOf(model) === 'hide';
};

/** The tools of a chain, without those that are no longer here. */
export const toolsIn = (models: readonly ModelInfo[], steps: readonly Step[]): ModelInfo[] =>
  steps.flatMap((step) => modelOf(models, step) ?? []);

/** Whether a chain ends with text. */
export const givesText = (models: readonly ModelInfo[], steps: readonly Step[]): boolean =>
  toolsIn(models, steps).at(-1)?.gives === 'text';

/** Whether one more tool can take what the last one makes. */
export const takesMore = (models: readonly ModelInfo[], steps: readonly Step[]): boolean =>
  steps.length < maxSteps && !givesText(models, steps);

/** How many times as large a chain makes a picture. */
export const scaleOfSteps = (models: readonly ModelInfo[], steps: readonly Step[]): number =>
  toolsIn(models, steps).reduce((product, model) => product * scaleOf(model), 1);

/** Whether what a chain makes has transparent parts. */
export function makesTransparent(models: readonly ModelInfo[], steps: readonly Step[]): boolean {
  return steps.some((step) => {
    const model = modelOf(models, step);
    return model && optionsOf(model) === 'ground' && (step.ground ?? { kind: 'transparent' }).kind === 'transparent';
  });
}
