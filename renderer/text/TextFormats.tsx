import type { TextRegion } from '../../models/tool';
import { words } from '../../words/window';
import { ChoiceRow, Hint } from '../parts/ChoiceRow';
import styles from '../parts/options.module.css';
import { setScreen, useScreen } from '../store';
import { formatFor, textFormats } from './take';

/** Chooses the format that the text is saved in. */
export function TextFormats({ regions }: { regions: readonly TextRegion[] }) {
  const format = useScreen((screen) => formatFor(regions, screen.textFormat));
  if (regions.length === 0) return null;
  return (
    <dl className={styles.options} data-testid="options">
      <ChoiceRow
        name={words.text.format}
        testId="text-format"
        value={format}
        options={textFormats(regions)}
        labels={words.text.formats}
        onChoose={(textFormat) => setScreen({ textFormat, saving: { kind: 'no' } })}
      >
        <Hint>{words.text.about[format]}</Hint>
      </ChoiceRow>
    </dl>
  );
}
