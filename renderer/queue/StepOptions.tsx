import type { ModelInfo } from '../../app/contract';
import type { Step } from '../../app/queue';
import { hideStrengths, hideStyles } from '../../app/toolAnswer';
import { words } from '../../words/window';
import { GroundRow } from '../cut/GroundRow';
import { ChoiceRow, Hint } from '../parts/ChoiceRow';
import optionsStyles from '../parts/options.module.css';
import styles from './queue.module.css';
import { optionsOf } from './steps';

interface Props {
  step: Step;
  model: ModelInfo;
  disabled: boolean;
  onChange(step: Step): void;
}

/** What a person can choose of one step: what hides faces, what stands behind a subject. */
export function StepOptions({ step, model, disabled, onChange }: Props) {
  const options = optionsOf(model);
  if (options === null) return null;
  const hide = step.hide ?? { style: 'pixelate', strength: 'medium' };
  return (
    <dl className={`${optionsStyles.options} ${optionsStyles.wraps} ${styles.chosen}`}>
      {options === 'ground' ? (
        <GroundRow
          ground={step.ground ?? { kind: 'transparent' }}
          disabled={disabled}
          onChange={(ground) => onChange({ ...step, ground })}
        />
      ) : (
        <>
          <ChoiceRow
            name={words.hide.style}
            testId="step-hide"
            value={hide.style}
            options={hideStyles}
            labels={words.hide.styles}
            disabled={disabled}
            onChoose={(style) => onChange({ ...step, hide: { ...hide, style } })}
          />
          {hide.style !== 'solid' && (
            <ChoiceRow
              name={words.hide.strength}
              testId="step-hide"
              value={hide.strength}
              options={hideStrengths}
              labels={words.hide.strengths}
              disabled={disabled}
              onChoose={(strength) => onChange({ ...step, hide: { ...hide, strength } })}
            >
              {hide.style === 'blur' && <Hint>{words.hide.blurHint}</Hint>}
            </ChoiceRow>
          )}
        </>
      )}
    </dl>
  );
}
