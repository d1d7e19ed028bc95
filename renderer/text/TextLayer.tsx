import type { TextRegion } from '../../models/tool';
import { words } from '../../words/window';
import { isUnsure, percentOf } from './certainty';
import { layText } from './place';
import styles from './text.module.css';

interface Props {
  regions: readonly TextRegion[];
  /** The picture's size in pixels. */
  width: number;
  height: number;
}

/** Boxes over the picture's text. Each holds the text itself, unseen, so that a person can select, copy and hear it. */
export function TextLayer({ regions, width, height }: Props) {
  return (
    <section className={styles.layer} aria-label={words.text.area} data-testid="text-layer">
      <svg viewBox={`0 0 ${width} ${height}`} aria-label={words.text.area}>
        {regions.map(({ text, corners, confidence }) => {
          const { matrix, length, size } = layText(corners);
          return (
            <g key={`${corners[0].x} ${corners[0].y} ${text}`} data-unsure={isUnsure(confidence) || undefined}>
              <title>{words.text.sure({ percent: percentOf(confidence) })}</title>
              <polygon points={corners.map(({ x, y }) => `${x},${y}`).join(' ')} />
              <text
                transform={`matrix(${matrix.join(' ')})`}
                y={(size * ascent) / (ascent + descent)}
                fontSize={size / (ascent + descent)}
                textLength={length}
                lengthAdjust="spacingAndGlyphs"
              >
                {text}
              </text>
            </g>
          );
        })}
      </svg>
    </section>
  );
}

/** Inter's ascent and descent as shares of its size: with them a selection covers exactly the box. */
const ascent = 0.969;
const descent = 0.241;
