import type { ModelInfo } from '../../app/contract';
import { formatRefusal, scaleOf } from '../../app/pictureLimits';
import { words } from '../../words/window';
import { Hint } from '../parts/ChoiceRow';
import { ErrorInline } from '../parts/ErrorInline';
import styles from '../parts/options.module.css';
import { keepsPlace, outputSize, type Screen, setScreen, shownResult, useScreen } from '../store';
import { FormatRows, Kept, Sizes } from './savedParts';

/** What is to be saved is no longer what was saved. */
const change = (choice: Partial<Screen>): void => setScreen({ ...choice, saving: { kind: 'no' } });

/** Format, size and place of what is saved. */
export function OutputOptions({ model }: { model: ModelInfo }) {
  const format = useScreen((screen) => screen.format);
  const quality = useScreen((screen) => screen.quality);
  const size = useScreen((screen) => screen.size);
  const picture = useScreen((screen) => screen.app.picture);
  const saving = useScreen((screen) => screen.saving);
  const keepMetadata = useScreen((screen) => screen.keepMetadata);
  const keepPlace = useScreen(keepsPlace);
  const transparent = useScreen((screen) => (shownResult(screen) ?? screen.app.picture)?.transparent === true);
  const width = useScreen((screen) => outputSize(screen)?.width ?? 0);
  const height = useScreen((screen) => outputSize(screen)?.height ?? 0);
  const refused = picture ? formatRefusal(format, width, height) : null;
  // A choice ends what is said of the save before, so none is taken while one is under way.
  const disabled = saving.kind === 'saving';
  return (
    <dl className={styles.options} data-testid="options">
      <FormatRows
        format={format}
        quality={quality}
        disabled={disabled}
        onFormat={(value) => change({ format: value })}
        onQuality={(value) => change({ quality: value })}
      />
      {picture && (
        <div>
          <dt id="output-size">{words.panel.size}</dt>
          <dd>
            <Sizes
              size={size}
              scale={scaleOf(model)}
              width={width}
              disabled={disabled}
              onChoose={(value) => change({ size: value })}
            />
            <span className="number" data-testid="output-size">
              {words.status.size({ width, height })}
            </span>
          </dd>
        </div>
      )}
      {picture && (
        <Kept
          metadata={keepMetadata}
          place={keepPlace}
          disabled={disabled}
          onMetadata={(value) => change({ keepMetadata: value })}
          onPlace={(value) => change({ keepPlace: value })}
        />
      )}
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
