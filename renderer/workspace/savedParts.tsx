/** Parts of the choice of how pictures are saved, for one picture and for a queue. */
import { useState } from 'react';
import type { Format } from '../../app/contract';
import { maxSide } from '../../app/pictureLimits';
import { words } from '../../words/window';
import { Choice } from '../parts/Choice';
import { ChoiceRow } from '../parts/ChoiceRow';
import styles from '../parts/options.module.css';
import type { SizeChoice } from '../store';

const formats: readonly Format[] = ['png', 'jpeg', 'webp'];
const formatNames = { png: 'PNG', jpeg: 'JPEG', webp: 'WebP' };

interface FormatProps {
  format: Format;
  quality: number;
  disabled?: boolean;
  onFormat(format: Format): void;
  onQuality(quality: number): void;
}

/** Chooses a format, and the quality where the format has one. */
export function FormatRows({ format, quality, disabled = false, onFormat, onQuality }: FormatProps) {
  return (
    <>
      <ChoiceRow
        name={words.panel.output}
        testId="format"
        value={format}
        options={formats}
        labels={formatNames}
        disabled={disabled}
        onChoose={onFormat}
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
              disabled={disabled}
              aria-labelledby="output-quality"
              data-testid="quality"
              onChange={({ target }) => onQuality(Number(target.value))}
            />
            <span className="number">{quality}</span>
          </dd>
        </div>
      )}
    </>
  );
}

/** Multiples to choose from: ×2, ×3 and ×4 up to a scale of 4; ×4, ×8 and ×16 above. */
const multiplesUpTo = (scale: number): number[] =>
  [1, 2, 3, 4, 8, 16].filter((each) => each <= scale && (each > 1 || scale === 1) && (scale <= 4 || each >= 4));

interface SizeProps {
  size: SizeChoice;
  /** How many times as large the tools make a picture. */
  scale: number;
  /** A width to begin with. */
  width: number;
  disabled?: boolean;
  onChoose(size: SizeChoice): void;
}

/** Chooses a multiple of the picture or a width. The network runs once; a save scales its result. */
export function Sizes({ size, scale, width, disabled = false, onChoose }: SizeProps) {
  const multiples = multiplesUpTo(scale);
  const names = Object.fromEntries(multiples.map((each) => [each, words.panel.times({ times: each })]));
  const times = size.kind === 'whole' ? scale : size.kind === 'times' ? size.times : null;
  return (
    <div className={styles.sizes}>
      <Choice
        labelledBy="output-size"
        testId="size"
        value={times === null ? 'width' : String(times)}
        options={[...multiples.map(String), 'width']}
        labels={{ ...names, width: words.panel.custom }}
        disabled={disabled}
        onChoose={(value) => {
          if (value === 'width') onChoose({ kind: 'width', width });
          else onChoose(Number(value) === scale ? { kind: 'whole' } : { kind: 'times', times: Number(value) });
        }}
      />
      {size.kind === 'width' && <WidthField width={size.width} disabled={disabled} onChoose={onChoose} />}
    </div>
  );
}

/** Text that is no width stays in the field while a person types, and is not used. */
function WidthField({ width, disabled, onChoose }: Required<Pick<SizeProps, 'width' | 'disabled' | 'onChoose'>>) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <input
      type="number"
      className="number"
      min={1}
      max={maxSide}
      value={typed ?? width}
      disabled={disabled}
      aria-label={words.panel.customWidth}
      data-testid="width"
      onChange={({ target }) => {
        setTyped(target.value);
        const wanted = Math.round(Number(target.value));
        if (wanted >= 1 && wanted <= maxSide) onChoose({ kind: 'width', width: wanted });
      }}
      onBlur={() => setTyped(null)}
    />
  );
}

interface KeptProps {
  metadata: boolean;
  place: boolean;
  disabled?: boolean;
  onMetadata(keep: boolean): void;
  onPlace(keep: boolean): void;
}

/** Chooses which metadata are saved along. */
export function Kept({ metadata, place, disabled = false, onMetadata, onPlace }: KeptProps) {
  return (
    <div>
      <dt>{words.panel.keep}</dt>
      <dd className={styles.keep}>
        <label>
          <input
            type="checkbox"
            checked={metadata}
            disabled={disabled}
            data-testid="keep-metadata"
            onChange={({ target }) => onMetadata(target.checked)}
          />
          {words.panel.keepMetadata}
        </label>
        <label>
          <input
            type="checkbox"
            checked={metadata && place}
            disabled={disabled || !metadata}
            data-testid="keep-place"
            onChange={({ target }) => onPlace(target.checked)}
          />
          {words.panel.keepPlace}
        </label>
      </dd>
    </div>
  );
}
