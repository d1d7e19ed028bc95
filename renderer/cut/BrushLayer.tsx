import { type KeyboardEvent, type PointerEvent, useEffect, useState } from 'react';
import type { Stroke } from '../../app/toolAnswer';
import { words } from '../../words/window';
import { getScreen, setScreen, shownResult, useScreen } from '../store';
import { arrowStep, followPointer, useLayer } from '../workspace/pointer';
import type { Placement, Point } from '../workspace/view';
import { brushSizes } from './CutOptions';
import styles from './cut.module.css';
import { addStroke, cutIn } from './edit';
import { extended, isEnded, pathOf, startedAt } from './stroke';

interface Props {
  placement: Placement;
  /** The picture's size in pixels. */
  width: number;
  height: number;
}

const none: readonly Stroke[] = [];
/** Share of the brush's size that an arrow key moves it by. */
const keyStep = 0.25;

/** The brush over a picture that is cut out. What is drawn shows at once, until the result has it. */
export function BrushLayer({ placement, width, height }: Props) {
  const brush = useScreen((screen) => screen.brush);
  const size = useScreen((screen) => screen.brushSize);
  const strokes = useScreen((screen) => cutIn(screen)?.strokes ?? none);
  const done = useScreen((screen) => shownResult(screen)?.cut?.strokes.length ?? 0);
  const { layer, bounds, pointAt } = useLayer(placement);
  const [drawn, setDrawn] = useState<Stroke | null>(null);
  const [at, setAt] = useState<Point | null>(null);
  const keep = brush === 'keep';
  const radius = size / 2 / placement.scale;

  // The keys are the layer's, also once another brush is chosen.
  useEffect(() => {
    if (brush) layer.current?.focus({ preventScroll: true });
  }, [layer, brush]);

  const finish = (stroke: Stroke | null): void => {
    setDrawn(null);
    if (stroke) addStroke(stroke);
  };
  const draw = (event: PointerEvent<HTMLElement>): void => {
    if (event.button !== 0) return;
    event.stopPropagation();
    const from = pointAt(event);
    let stroke = startedAt(keep, radius, from.x, from.y);
    setDrawn(stroke);
    const move = (to: globalThis.PointerEvent): void => {
      for (const each of to.getCoalescedEvents()) {
        const { x, y } = pointAt(each);
        stroke = extended(stroke, x, y);
        if (!isEnded(stroke)) continue;
        addStroke(stroke);
        stroke = startedAt(keep, radius, x, y);
      }
      setDrawn(stroke);
    };
    followPointer(event, move, (released) => {
      const end = released && pointAt(released);
      finish(end && extended(stroke, end.x, end.y, true));
    });
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = at ?? { x: width / 2, y: height / 2 };
    const by = Math.max(1, event.shiftKey ? 1 : size * keyStep) / placement.scale;
    const step = arrowStep(event.key, by);
    if (step) {
      const [dx, dy] = step;
      const to = { x: Math.min(Math.max(here.x + dx, 0), width), y: Math.min(Math.max(here.y + dy, 0), height) };
      setAt(to);
      if (drawn) setDrawn(extended(drawn, to.x, to.y, true));
    } else if (event.key === ' ') {
      setAt(here);
      if (drawn) finish(drawn);
      else setDrawn(startedAt(keep, radius, here.x, here.y));
    } else if (event.key === '[' || event.key === ']') resize(event.key === ']' ? 1.25 : 0.8);
    else if (event.key !== 'Escape') return;
    // Escape first drops the stroke that is being drawn, then the brush.
    else if (drawn) setDrawn(null);
    else setScreen({ brush: null });
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <section
      ref={layer}
      className={styles.layer}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the brush, so it must be reachable
      tabIndex={0}
      aria-label={words.cut.area}
      data-testid="brush-layer"
      style={bounds}
      onPointerDown={draw}
      onPointerMove={(event) => setAt(pointAt(event))}
      onPointerLeave={() => setAt(null)}
      onKeyDown={press}
    >
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
        {[...strokes.slice(done), ...(drawn ? [drawn] : [])].map((stroke, i) => (
          <path
            // biome-ignore lint/suspicious/noArrayIndexKey: a stroke has no name but its place
            key={i}
            d={pathOf(stroke)}
            className={stroke.keep ? styles.keep : styles.remove}
            strokeWidth={stroke.radius * 2}
          />
        ))}
        {at && (
          <>
            <circle className={`${styles.ring} ${styles.dark}`} cx={at.x} cy={at.y} r={radius} />
            <circle className={styles.ring} cx={at.x} cy={at.y} r={radius} />
          </>
        )}
      </svg>
    </section>
  );
}

function resize(by: number): void {
  const { brushSize } = getScreen();
  setScreen({ brushSize: Math.min(brushSizes.most, Math.max(brushSizes.least, Math.round(brushSize * by))) });
}
