import type { ModelInfo } from '../../app/contract';
import type { Step } from '../../app/queue';
import { hideStrengths, hideStyles } from '../../app/toolAnswer';
import { words } from '../../words/window';
import { GroundRow } from '../cut/GroundRow';
import { Choice } from '../parts/Choice';
import optionsStyles from '../parts/options.module.css';
import styles from './queue.module.css';
import { optionsOf } from './steps';

interface Props {
  step: Step;
  model: ModelInfo;
  /** Its place in the chain, from 0. */
  at: number;
  disabled: boolean;
  onChange(step: Step): void;
}

/** What a person can choose of one step: what hides faces, what stands behind a subject. */
export function StepOptions({ step, model, at, disabled, onChange }: Props) {
  const options = optionsOf(model);
  if (options === null) return null;
  const hide = step.hide ?? { style: 'pixelate', strength: 'medium' };
  return (
    <dl className={`${optionsStyles.options} ${styles.options}`}>
      {options === 'ground' ? (
        <GroundRow
          id={`ground-${at}`}
          ground={step.ground ?? { kind: 'transparent' }}
          disabled={disabled}
          onChange={(ground) => onChange({ ...step, ground })}
        />
      ) : (
        <>
          <div>
            <dt id={`hide-style-${at}`}>{words.hide.style}</dt>
            <dd>
              <Choice
                labelledBy={`hide-style-${at}`}
                testId="step-hide"
                value={hide.style}
                options={hideStyles.map((value) => ({ value, label: words.hide.styles[value] }))}
                disabled={disabled}
                onChoose={(style) => onChange({ ...step, hide: { ...hide, style } })}
              />
            </dd>
          </div>
          {hide.style !== 'solid' && (
            <div>
              <dt id={`hide-strength-${at}`}>{words.hide.strength}</dt>
              <dd>
                <Choice
                  labelledBy={`hide-strength-${at}`}
                  testId="step-hide"
                  value={hide.strength}
                  options={hideStrengths.map((value) => ({ value, label: words.hide.strengths[value] }))}
                  disabled={disabled}
                  onChoose={(strength) => onChange({ ...step, hide: { ...hide, strength } })}
                />
              </dd>
              {hide.style === 'blur' && <dd className={`small quiet ${optionsStyles.hint}`}>{words.hide.blurHint}</dd>}
            </div>
          )}
        </>
      )}
    </dl>
  );
}
