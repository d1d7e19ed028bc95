import type { TextRegion } from '../../models/tool';
import { words } from '../../words/window';
import { Choice } from '../parts/Choice';
import styles from '../parts/options.module.css';
import { setScreen, useScreen } from '../store';
import { formatFor, textFormats } from './take';

/** Chooses the format that the text is saved in. */
export function TextFormats({ regions }: { regions: readonly TextRegion[] }) {
  const format = useScreen((screen) => formatFor(regions, screen.textFormat));
  if (regions.length === 0) return null;
  return (
    <dl className={styles.options} data-testid="options">
      <div>
        <dt id="text-format">{words.text.format}</dt>
        <dd>
          <Choice
            labelledBy="text-format"
            testId="text-format"
            value={format}
            options={textFormats(regions).map((value) => ({ value, label: words.text.formats[value] }))}
            onChoose={(textFormat) => setScreen({ textFormat, saving: { kind: 'no' } })}
          />
        </dd>
        <dd className={`small quiet ${styles.hint}`}>{words.text.about[format]}</dd>
      </div>
    </dl>
  );
}
