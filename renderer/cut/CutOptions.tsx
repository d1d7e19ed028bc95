import { Brush, Eraser, Redo2, Undo2 } from 'lucide-react';
import { cutBases } from '../../app/toolAnswer';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { ChoiceRow } from '../parts/ChoiceRow';
import optionsStyles from '../parts/options.module.css';
import { setScreen, useScreen } from '../store';
import styles from './cut.module.css';
import { canRedo, canUndo, cutIn, isFull, redo, setBase, setGround, undo } from './edit';

const grounds = ['transparent', 'colour', 'blur'] as const;
const colours = { white: '#ffffff', black: '#000000', grey: '#808080' } as const;
export const brushSizes = { least: 4, most: 240 } as const;

/** What is kept, what stands behind it, and the brush that makes either right. */
export function CutOptions() {
  const cut = useScreen(cutIn);
  const saving = useScreen((screen) => screen.saving.kind === 'saving');
  if (!cut) return null;
  const { ground } = cut;
  return (
    <dl className={`${optionsStyles.options} ${optionsStyles.wraps}`} data-testid="cut-options">
      <ChoiceRow
        name={words.cut.base}
        testId="cut-base"
        value={cut.base}
        options={cutBases}
        labels={words.cut.bases}
        disabled={saving}
        onChoose={setBase}
      />
      <Brushes isFull={isFull(cut)} disabled={saving} />
      <ChoiceRow
        name={words.cut.ground}
        testId="cut-ground"
        value={ground.kind}
        options={grounds}
        labels={words.cut.grounds}
        disabled={saving}
        onChoose={(kind) => setGround(kind === 'colour' ? { kind, colour: colours.white } : { kind })}
      >
        {ground.kind === 'colour' && (
          <dd className={styles.below}>
            <fieldset className={styles.colours} aria-label={words.cut.colour} disabled={saving}>
              {(Object.keys(colours) as (keyof typeof colours)[]).map((name) => (
                <button
                  key={name}
                  type="button"
                  className={styles.colour}
                  aria-label={words.cut.colours[name]}
                  aria-pressed={ground.colour === colours[name]}
                  data-testid={`cut-colour-${name}`}
                  style={{ background: colours[name] }}
                  onClick={() => setGround({ kind: 'colour', colour: colours[name] })}
                />
              ))}
              <input
                type="color"
                className={styles.own}
                aria-label={words.cut.colours.own}
                value={ground.colour}
                data-testid="cut-colour-own"
                onChange={({ target }) => setGround({ kind: 'colour', colour: target.value })}
              />
            </fieldset>
          </dd>
        )}
      </ChoiceRow>
    </dl>
  );
}

function Brushes({ isFull: full, disabled }: { isFull: boolean; disabled: boolean }) {
  const brush = useScreen((screen) => screen.brush);
  const size = useScreen((screen) => screen.brushSize);
  const undoes = useScreen(canUndo);
  const redoes = useScreen(canRedo);
  return (
    <>
      <div>
        <dt>{words.cut.brush}</dt>
        <dd className={styles.history}>
          <Button
            look="quiet"
            disabled={disabled || !undoes}
            onClick={undo}
            aria-label={words.cut.undo}
            data-testid="cut-undo"
          >
            <Undo2 size={16} aria-hidden />
          </Button>
          <Button
            look="quiet"
            disabled={disabled || !redoes}
            onClick={redo}
            aria-label={words.cut.redo}
            data-testid="cut-redo"
          >
            <Redo2 size={16} aria-hidden />
          </Button>
        </dd>
        <dd className={styles.brushes}>
          {(['keep', 'remove'] as const).map((kind) => (
            <Button
              key={kind}
              aria-pressed={brush === kind}
              disabled={disabled}
              onClick={() => setScreen({ brush: brush === kind ? null : kind })}
              data-testid={`brush-${kind}`}
            >
              {kind === 'keep' ? <Brush size={16} aria-hidden /> : <Eraser size={16} aria-hidden />}
              {words.cut.brushes[kind]}
            </Button>
          ))}
        </dd>
      </div>
      {brush !== null && (
        <div>
          <dt id="brush-size">{words.cut.size}</dt>
          <dd className={optionsStyles.quality}>
            <input
              type="range"
              min={brushSizes.least}
              max={brushSizes.most}
              value={size}
              aria-labelledby="brush-size"
              data-testid="brush-size"
              onChange={({ target }) => setScreen({ brushSize: Number(target.value) })}
            />
            <span className="number">{size}</span>
          </dd>
          <dd className={`${styles.below} small quiet`}>{full ? words.cut.full : words.cut.hint}</dd>
        </div>
      )}
    </>
  );
}
