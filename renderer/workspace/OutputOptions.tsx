import type { Format, ModelInfo } from '../../app/contract';
import { formatRefusal, maxSide, scaleOf } from '../../app/pictureLimits';
import { words } from '../../words/window';
import { Choice } from '../parts/Choice';
import { ChoiceRow, Hint } from '../parts/ChoiceRow';
import { ErrorInline } from '../parts/ErrorInline';
import styles from '../parts/options.module.css';
import { keepsPlace, outputSize, type SizeChoice, setScreen, shownResult, useScreen } from '../store';

const formats: readonly Format[] = ['png', 'jpeg', 'webp'];
const formatNames = { png: 'PNG', jpeg: 'JPEG', webp: 'WebP' };

/** Format, size and place of what is saved. */
export function OutputOptions({ model }: { model: ModelInfo }) {
  const format = useScreen((screen) => screen.format);
  const quality = useScreen((screen) => screen.quality);
  const picture = useScreen((screen) => screen.app.picture);
  const saving = useScreen((screen) => screen.saving);
  const transparent = useScreen((screen) => (shownResult(screen) ?? screen.app.picture)?.transparent === true);
  const width = useScreen((screen) => outputSize(screen)?.width ?? 0);
  const height = useScreen((screen) => outputSize(screen)?.height ?? 0);
  const refused = picture ? formatRefusal(format, width, height) : null;
  return (
    <dl className={styles.options} data-testid="options">
      <ChoiceRow
        name={words.panel.output}
        testId="format"
        value={format}
        options={formats}
        labels={formatNames}
        onChoose={(value) => setScreen({ format: value, saving: { kind: 'no' } })}
      />
      {format !== 'png' && (
        <div>
          <dt id="output-quality">{words.panel.quality}</dt>
          <dd className={styles.quality}>
            <input
              type="range"
              min={50}
              max={100}
              value={quality}
              aria-labelledby="output-quality"
              data-testid="quality"
              onChange={({ target }) => setScreen({ quality: Number(target.value), saving: { kind: 'no' } })}
            />
            <span className="number">{quality}</span>
          </dd>
        </div>
      )}
      {picture && (
        <div>
          <dt id="output-size">{words.panel.size}</dt>
          <dd>
            <Sizes scale={scaleOf(model)} />
            <span className="number" data-testid="output-size">
              {words.status.size({ width, height })}
            </span>
          </dd>
        </div>
      )}
      {picture && <Kept />}
      <div>
        <dt>{words.panel.where}</dt>
        <dd className={styles.where} data-testid="where" title={saving.kind === 'saved' ? saving.folder : undefined}>
          {saving.kind === 'saved' ? saving.folder : words.panel.whereAsk}
        </dd>
        {transparent && format === 'jpeg' && <Hint>{words.panel.jpegWhite}</Hint>}
        {refused && (
          <dd className={styles.hint}>
            <ErrorInline error={refused} />
          </dd>
        )}
      </div>
    </dl>
  );
}

const choose = (size: SizeChoice): void => setScreen({ size, saving: { kind: 'no' } });

/** Chooses a multiple of the picture or a width. The network runs once; a save scales its result. */
function Sizes({ scale }: { scale: number }) {
  const size = useScreen((screen) => screen.size);
  const width = useScreen((screen) => outputSize(screen)?.width ?? 0);
  const times = size.kind === 'whole' ? scale : size.kind === 'times' ? size.times : null;
  const choices = Array.from({ length: scale }, (_, i) => i + 1).filter((each) => each > 1 || scale === 1);
  const timesNames = Object.fromEntries(choices.map((each) => [each, words.panel.times({ times: each })]));
  return (
    <div className={styles.sizes}>
      <Choice
        labelledBy="output-size"
        testId="size"
        value={times === null ? 'width' : String(times)}
        options={[...choices.map(String), 'width']}
        labels={{ ...timesNames, width: words.panel.custom }}
        onChoose={(value) => {
          if (value === 'width') choose({ kind: 'width', width });
          else choose(Number(value) === scale ? { kind: 'whole' } : { kind: 'times', times: Number(value) });
        }}
      />
      {size.kind === 'width' && (
        <input
          type="number"
          className="number"
          min={1}
          max={maxSide}
          value={size.width}
          aria-label={words.panel.customWidth}
          data-testid="width"
          onChange={({ target }) => {
            const wanted = Math.round(Number(target.value));
            if (wanted >= 1 && wanted <= maxSide) choose({ kind: 'width', width: wanted });
          }}
        />
      )}
    </div>
  );
}

/** Chooses which metadata are saved along. */
function Kept() {
  const keepMetadata = useScreen((screen) => screen.keepMetadata);
  const place = useScreen(keepsPlace);
  return (
    <div>
      <dt>{words.panel.keep}</dt>
      <dd className={styles.keep}>
        <label>
          <input
            type="checkbox"
            checked={keepMetadata}
            data-testid="keep-metadata"
            onChange={({ target }) => setScreen({ keepMetadata: target.checked, saving: { kind: 'no' } })}
          />
          {words.panel.keepMetadata}
        </label>
        <label>
          <input
            type="checkbox"
            checked={keepMetadata && place}
            disabled={!keepMetadata}
            data-testid="keep-place"
            onChange={({ target }) => setScreen({ keepPlace: target.checked, saving: { kind: 'no' } })}
          />
          {words.panel.keepPlace}
        </label>
      </dd>
    </div>
  );
}
