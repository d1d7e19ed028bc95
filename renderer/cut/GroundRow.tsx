import type { Ground } from '../../app/toolAnswer';
import { words } from '../../words/window';
import { ChoiceRow } from '../parts/ChoiceRow';
import styles from './cut.module.css';

const grounds = ['transparent', 'colour', 'blur'] as const;
const colours = { white: '#ffffff', black: '#000000', grey: '#808080' } as const;

interface Props {
  ground: Ground;
  disabled: boolean;
  onChange(ground: Ground): void;
}

/** Chooses what stands behind a subject that is cut out. */
export function GroundRow({ ground, disabled, onChange }: Props) {
  return (
    <ChoiceRow
      name={words.cut.ground}
      testId="cut-ground"
      value={ground.kind}
      options={grounds}
      labels={words.cut.grounds}
      disabled={disabled}
      onChoose={(kind) => onChange(kind === 'colour' ? { kind, colour: colours.white } : { kind })}
    >
      {ground.kind === 'colour' && (
        <dd className={styles.below}>
          <fieldset className={styles.colours} aria-label={words.cut.colour} disabled={disabled}>
            {(Object.keys(colours) as (keyof typeof colours)[]).map((name) => (
              <button
                key={name}
                type="button"
                className={styles.colour}
                aria-label={words.cut.colours[name]}
                aria-pressed={ground.colour === colours[name]}
                data-testid={`cut-colour-${name}`}
                style={{ background: colours[name] }}
                onClick={() => onChange({ kind: 'colour', colour: colours[name] })}
              />
            ))}
            <input
              type="color"
              className={styles.own}
              aria-label={words.cut.colours.own}
              value={ground.colour}
              data-testid="cut-colour-own"
              onChange={({ target }) => onChange({ kind: 'colour', colour: target.value })}
            />
          </fieldset>
        </dd>
      )}
    </ChoiceRow>
  );
}
