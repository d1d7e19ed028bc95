/** What is done to the queue's pictures, as a person sets it. The window shows a change at once; main remembers it. */
import type { ModelInfo } from '../../app/contract';
import { defaultPattern } from '../../app/outputName';
import { nextQueue, type QueueSettings, type Recipe, type Step } from '../../app/queue';
import { toolsOf } from '../../app/tools';
import { getScreen, type Screen, selectTool } from '../store';
import { hidesPeople } from './steps';
import { getQueueScreen, setQueueScreen } from './store';

/** What main has yet to be told; null: nothing. */
let unsent: QueueSettings | null = null;
let sending = false;
export const isSendingSettings = (): boolean => sending;

export function changeSettings(change: Partial<QueueSettings>): void {
  const { queue } = getQueueScreen();
  const settings = { ...(queue.settings ?? defaultSettings(getScreen())), ...change };
  setQueueScreen({ queue: nextQueue(queue, { kind: 'settings', settings }) });
  unsent = settings;
  if (!sending) void send();
}

export function changeRecipe(change: Partial<Recipe>): void {
  const { recipe } = getQueueScreen().queue.settings ?? defaultSettings(getScreen());
  changeSettings({ recipe: { ...recipe, ...change } });
}

/** One at a time, so that the last one wins. */
async function send(): Promise<void> {
  sending = true;
  try {
    while (unsent) {
      const settings = unsent;
      unsent = null;
      const answer = await window.refit.setQueue(settings);
      if (!answer.ok) setQueueScreen({ error: answer.error });
    }
  } finally {
    sending = false;
  }
}

/** A new chain. A picture of people who were hidden keeps no place where it was taken, unless a person wants it to. */
export function changeSteps(steps: Step[]): void {
  const { models } = getScreen();
  const { recipe } = getQueueScreen().queue.settings ?? defaultSettings(getScreen());
  const hid = recipe.steps.some((step) => hidesPeople(models, step));
  const hides = steps.some((step) => hidesPeople(models, step));
  changeRecipe({ steps, ...(hides && !hid && { keepPlace: false }) });
}

/** The first tool is another one; what follows stays if it can. */
export function changeTool(model: string): void {
  const { models } = getScreen();
  const steps = getQueueScreen().queue.settings?.recipe.steps ?? [];
  if (steps[0]?.model === model) return;
  const givesText = models.find(({ id }) => id === model)?.gives === 'text';
  changeSteps([{ model }, ...(givesText ? [] : steps.slice(1))]);
}

/** Takes a recipe that was kept, and chooses its first tool. Does nothing where one of its tools is no longer here. */
export function chooseRecipe(recipe: Recipe): void {
  const { models } = getScreen();
  const [first] = recipe.steps;
  if (!first || !recipe.steps.every(({ model }) => models.some(({ id }) => id === model))) return;
  changeRecipe(recipe);
  selectTool(first.model);
}

/** As for one picture, until a person sets it otherwise. */
function defaultSettings({ models, selected, format, quality, keepMetadata, keepPlace }: Screen): QueueSettings {
  const step = { model: selected ?? toolsOf(models)[0]?.id ?? '' };
  return {
    recipe: {
      steps: [step],
      format,
      quality,
      size: { kind: 'whole' },
      keepMetadata,
      keepPlace: keepPlace ?? !hidesPeople(models, step),
      text: { format: 'txt', together: false },
    },
    pattern: defaultPattern,
    keepFolders: true,
  };
}

/** Settings for a queue that begins: those of the last one if the chosen tool is still its first and all its tools are here. */
export function beginSettings(): void {
  const screen = getScreen();
  const { settings } = getQueueScreen().queue;
  const here = (model: string): boolean => screen.models.some(({ id }: ModelInfo) => id === model);
  const fits =
    settings?.recipe.steps.every(({ model }) => here(model)) && settings.recipe.steps[0]?.model === screen.selected;
  if (settings && fits) return;
  if (screen.selected === null) return;
  if (settings) changeSteps([{ model: screen.selected }]);
  else changeSettings({});
}
