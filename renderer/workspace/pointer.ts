/** What the stage and the layers over its picture share: points on the picture, a pointer that is followed, steps of the arrow keys. */
import { type PointerEvent, useRef } from 'react';
import type { Placement, Point } from './view';

/** A layer over the picture. @returns its ref, its place on the stage, and `pointAt`: where an event is, in pixels of the picture. */
export function useLayer({ scale, ...bounds }: Placement) {
  const layer = useRef<HTMLElement>(null);
  const pointAt = ({ clientX, clientY }: { clientX: number; clientY: number }): Point => {
    const { left, top } = layer.current?.getBoundingClientRect() ?? { left: 0, top: 0 };
    return { x: (clientX - left) / scale, y: (clientY - top) / scale };
  };
  return { layer, bounds, pointAt };
}

/** Follows a pressed pointer until a person lets it go. @param end is given null instead where the system took the pointer away. */
export function followPointer(
  { currentTarget: target, pointerId }: PointerEvent<HTMLElement>,
  move: (to: globalThis.PointerEvent) => void,
  end: (released: globalThis.PointerEvent | null) => void = () => {},
): void {
  target.setPointerCapture(pointerId);
  const following = new AbortController();
  const { signal } = following;
  const stop = (released: globalThis.PointerEvent | null): void => {
    following.abort();
    end(released);
  };
  target.addEventListener('pointermove', move, { signal });
  target.addEventListener('pointerup', stop, { signal });
  target.addEventListener('pointercancel', () => stop(null), { signal });
}

/** @returns how far an arrow key moves, right and down; null for any other key. */
export function arrowStep(key: string, by: number): [number, number] | null {
  switch (key) {
    case 'ArrowLeft':
      return [-by, 0];
    case 'ArrowRight':
      return [by, 0];
    case 'ArrowUp':
      return [0, -by];
    case 'ArrowDown':
      return [0, by];
    default:
      return null;
  }
}
