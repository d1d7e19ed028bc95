/** A stroke as a pointer draws it: only as many points as its line needs. Pure; all in pixels of the picture. */
import { maxStrokeNumbers, type Stroke } from '../../app/toolAnswer';

/** Of the radius: how far a line must go before it gets another point. */
const step = 0.2;

/** @returns the stroke with a point more, or as it was where the line has hardly gone on. */
export function extended(stroke: Stroke, x: number, y: number, isLast = false): Stroke {
  const { points, radius } = stroke;
  const [lastX, lastY] = [points.at(-2) ?? x, points.at(-1) ?? y];
  const away = Math.hypot(x - lastX, y - lastY);
  if (away === 0 || (!isLast && away < Math.max(1, radius * step)) || isEnded(stroke)) return stroke;
  return { ...stroke, points: [...points, rounded(x), rounded(y)] };
}

/** A stroke of one point, where the brush is set down. @param radius half the brush's size. */
export const startedAt = (keep: boolean, radius: number, x: number, y: number): Stroke => ({
  keep,
  radius: Math.max(0.5, rounded(radius)),
  points: [rounded(x), rounded(y)],
});

/** Whether it takes no more points: what is drawn after that is another stroke. */
export const isEnded = ({ points }: Stroke): boolean => points.length >= maxStrokeNumbers;

/** As SVG has it; a point alone is a dot under round ends. */
export function pathOf({ points }: Stroke): string {
  const at = (i: number): string => `${points[i]} ${points[i + 1]}`;
  const lines = Array.from({ length: points.length / 2 - 1 }, (_, i) => `L${at(i * 2 + 2)}`);
  return `M${at(0)}${lines.length > 0 ? lines.join('') : `L${at(0)}`}`;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
