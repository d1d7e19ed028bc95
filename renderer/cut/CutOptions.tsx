import { Brush, Eraser, Redo2, Undo2 } from 'lucide-react';
import { cutBases } from '../../app/toolAnswer';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { ChoiceRow } from '../parts/ChoiceRow';
import optionsStyles from '../parts/options.module.css';
import { setScreen, useScreen } from '../store';
import styles from './cut.module.css';
import { canRedo, canUndo, cutIn, isFull, redo, setBase, setGround, undo } from './edit';
import { GroundRow } from './GroundRow';

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
      <GroundRow ground={ground} disabled={saving} onChange={setGround} />
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
