import { ChevronsLeftRight } from 'lucide-react';
import { Slider } from 'radix-ui';
import type { KeyboardEvent } from 'react';
import { words } from '../../words/window';
import styles from './stage.module.css';
import type { Size } from './view';

interface Props {
  /** 0 to 100: share of the area, from the left, that shows the original. */
  value: number;
  /** Its place on the stage, in CSS pixels. */
  area: Size & { left: number; top: number };
  onChange: (value: number) => void;
}

/** The line between before and after, over the visible part of the picture. */
export function CompareSlider({ value, area, onChange }: Props) {
  const step = (event: KeyboardEvent) => {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (direction === undefined) return;
    // The slider's step is a quarter of a percent for the pointer; a key needs more.
    event.preventDefault();
    onChange(Math.min(100, Math.max(0, value + direction * (event.shiftKey ? 10 : 2))));
  };
  return (
    <Slider.Root
      className={styles.compare}
      style={{ left: area.left, top: area.top, width: area.width, height: area.height }}
      value={[value]}
      min={0}
      max={100}
      step={0.25}
      onValueChange={([next]) => next !== undefined && onChange(next)}
      onKeyDown={step}
    >
      <Slider.Track className={styles.track} />
      <Slider.Thumb
        className={styles.thumb}
        aria-label={words.compare.label}
        aria-valuetext={words.compare.value({ value: Math.round(value) })}
        data-testid="compare"
      >
        <span className={styles.line} />
        <span className={styles.handle}>
          <ChevronsLeftRight size={16} aria-hidden />
        </span>
      </Slider.Thumb>
    </Slider.Root>
  );
}
