import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import type { Box } from '../../app/toolAnswer';
import { words } from '../../words/window';
import { useScreen } from '../store';
import { arrowStep, followPointer, useLayer } from '../workspace/pointer';
import type { Placement, Point } from '../workspace/view';
import { between, corners, type Hold, moved } from './box';
import { addBox, hiddenIn, removeBox, replaceBox } from './edit';
import styles from './hide.module.css';

interface Props {
  placement: Placement;
  /** The picture's size in pixels. */
  width: number;
  height: number;
}

/** Shares of the picture's shorter side: an arrow key's step, and the side of a box that a button adds. */
const keyStep = 0.01;
const added = 0.2;

/** The hidden boxes over the picture. A person drags a box by its middle to move it, by a corner to size it; Delete removes it. */
export function BoxLayer({ placement, width, height }: Props) {
  const hidden = useScreen(hiddenIn);
  const drawing = useScreen((screen) => screen.drawingBox);
  const { layer, bounds, pointAt } = useLayer(placement);
  const [drag, setDrag] = useState<{ index: number; box: Box } | null>(null);
  if (!hidden) return null;
  const picture = { width, height };
  const share = (box: Box) => ({
    left: `${(box.x / width) * 100}%`,
    top: `${(box.y / height) * 100}%`,
    width: `${(box.width / width) * 100}%`,
    height: `${(box.height / height) * 100}%`,
  });
  const focusBox = (index: number) =>
    requestAnimationFrame(() => layer.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus());

  /** Shows the box that the pointer makes until it is let go. @param end is given the last one. */
  const follow = (
    event: PointerEvent<HTMLElement>,
    boxTo: (to: Point) => Box | null,
    end: (box: Box) => void,
    index: number,
  ) => {
    event.stopPropagation();
    let last: Box | null = null;
    const move = (to: globalThis.PointerEvent) => {
      last = boxTo(pointAt(to));
      setDrag(last && { index, box: last });
    };
    followPointer(event, move, (released) => {
      setDrag(null);
      if (released && last) end(last);
    });
  };
  const hold = (event: PointerEvent<HTMLElement>, index: number, box: Box, what: Hold) => {
    if (event.button !== 0) return;
    const from = pointAt(event);
    follow(
      event,
      (to) => moved(box, what, to.x - from.x, to.y - from.y, picture),
      (end) => replaceBox(index, end),
      index,
    );
  };
  const draw = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    const from = pointAt(event);
    follow(
      event,
      (to) => between(from, to, picture),
      (box) => {
        const index = addBox(box);
        if (index !== null) focusBox(index);
      },
      -1,
    );
  };
  const press = (event: KeyboardEvent, index: number, box: Box) => {
    const by = Math.max(1, Math.round(Math.min(width, height) * keyStep));
    const step = arrowStep(event.key, by);
    if (event.key === 'Delete' || event.key === 'Backspace') {
      removeBox(index);
      focusBox(Math.max(0, index - 1));
    } else if (step) replaceBox(index, moved(box, event.shiftKey ? 'se' : 'all', ...step, picture));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <section
      ref={layer}
      className={styles.layer}
      aria-label={words.hide.area}
      data-testid="box-layer"
      data-drawing={drawing || undefined}
      style={bounds}
      onPointerDown={drawing ? draw : undefined}
    >
      {hidden.boxes.map((own, index) => {
        const box = drag?.index === index ? drag.box : own;
        return (
          <button
            type="button"
            // biome-ignore lint/suspicious/noArrayIndexKey: a box has no name but its place, and a moved one must keep its focus
            key={index}
            className={styles.box}
            data-index={index}
            data-testid="hide-box"
            aria-label={words.hide.box({ number: index + 1, total: hidden.boxes.length })}
            style={share(box)}
            onPointerDown={(event) => hold(event, index, own, 'all')}
            onKeyDown={(event) => press(event, index, own)}
          >
            {corners.map((corner) => (
              <span
                key={corner}
                className={styles.corner}
                data-corner={corner}
                onPointerDown={(event) => hold(event, index, own, corner)}
              />
            ))}
          </button>
        );
      })}
      {drag?.index === -1 && <div className={`${styles.box} ${styles.new}`} style={share(drag.box)} />}
    </section>
  );
}

/** A box in the middle of the picture, for whoever has no pointer to draw one. */
export function middleBox(width: number, height: number): Box {
  const side = Math.max(4, Math.min(width, height) * added);
  return { x: (width - side) / 2, y: (height - side) / 2, width: side, height: side };
}
