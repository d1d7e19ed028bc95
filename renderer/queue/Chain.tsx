import { Plus, X } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ModelInfo } from '../../app/contract';
import type { Recipe, Step } from '../../app/queue';
import { toolsOf } from '../../app/tools';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { ToolIcon } from '../parts/ToolIcon';
import { useScreen } from '../store';
import menuStyles from './menu.module.css';
import styles from './queue.module.css';
import { StepOptions } from './StepOptions';
import { changeSteps } from './settings';
import { optionsOf, takesMore } from './steps';

interface Props {
  first: ModelInfo;
  recipe: Recipe;
  disabled: boolean;
}

/** The tools that a picture goes through, the chosen one first. */
export function Chain({ first, recipe, disabled }: Props) {
  const models = useScreen((screen) => screen.models);
  const { steps } = recipe;
  const more = takesMore(models, steps);
  const replace = (at: number, step: Step) => changeSteps(steps.map((each, i) => (i === at ? step : each)));
  // A tool that gives text, alone: nothing to choose.
  if (steps.length < 2 && !more && optionsOf(first) === null) return null;
  return (
    <section className={styles.chain} aria-label={words.queue.steps} data-testid="chain">
      <ol>
        {steps.map((step, at) => {
          const model = models.find(({ id }) => id === step.model) ?? first;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same tool may come twice
            <li key={`${at} ${step.model}`}>
              {at > 0 && (
                <p className={styles.step}>
                  <ToolIcon model={model} size={16} />
                  <span>{words.queue.thenTool({ tool: model.name })}</span>
                  <Button
                    look="quiet"
                    className={styles.small}
                    disabled={disabled}
                    aria-label={words.queue.removeStep({ tool: model.name })}
                    title={words.queue.removeStep({ tool: model.name })}
                    onClick={() => changeSteps(steps.filter((_, i) => i !== at))}
                    data-testid={`remove-step-${at}`}
                  >
                    <X size={16} aria-hidden />
                  </Button>
                </p>
              )}
              <StepOptions step={step} model={model} disabled={disabled} onChange={(next) => replace(at, next)} />
            </li>
          );
        })}
      </ol>
      {more && (
        <DropdownMenu.Root>
          <DropdownMenu.Trigger asChild>
            <Button look="quiet" className={styles.then} disabled={disabled} data-testid="add-step">
              <Plus size={16} aria-hidden />
              {words.queue.addStep}
            </Button>
          </DropdownMenu.Trigger>
          <DropdownMenu.Portal>
            <DropdownMenu.Content className={menuStyles.menu} align="start" sideOffset={4} collisionPadding={8}>
              {toolsOf(models).map((model) => (
                <DropdownMenu.Item
                  key={model.id}
                  className={menuStyles.entry}
                  onSelect={() => changeSteps([...steps, { model: model.id }])}
                  data-testid={`step-${model.id}`}
                >
                  <ToolIcon model={model} size={16} />
                  {model.name}
                </DropdownMenu.Item>
              ))}
            </DropdownMenu.Content>
          </DropdownMenu.Portal>
        </DropdownMenu.Root>
      )}
    </section>
  );
}
