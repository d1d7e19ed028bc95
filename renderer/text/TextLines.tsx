import { rowsOf } from '../../app/textRows';
import type { TextRegion } from '../../models/tool';
import { words } from '../../words/window';
import { isUnsure, percentOf } from './certainty';
import styles from './text.module.css';

/** All text in reading order, to read and select without the picture, with how sure each line is. */
export function TextLines({ regions }: { regions: readonly TextRegion[] }) {
  return (
    <section className={styles.lines} aria-label={words.text.label} data-testid="text-lines">
      {regions.length === 0 ? (
        <p className="quiet">{words.text.none}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <div tabIndex={0}>
          {rowsOf(regions).map(({ cells, confidence }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one reading stay where they are
            <div className={styles.line} key={i} data-unsure={isUnsure(confidence) || undefined}>
              <p>{cells.join('\t')}</p>
              <span className={styles.sure} data-testid="text-sure">
                {words.text.sure({ percent: percentOf(confidence) })}
              </span>
            </div>
          ))}
        </div>
      )}
    </section>
  );
}
