/**
 * Finds rectangles around lines in the network's map of text. Pure. After Liao et al. 2020, "Real-time Scene Text Detection with
 * Differentiable Binarization": the network marks each line shrunk, so that neighbours do not touch. Each connected area of marks gets a
 * rectangle, which is grown again.
 */
import type { Point } from '../tool';
import { across, cornersOf, type Rectangle, smallestRectangle } from './rectangle';

/** How surely each pixel lies within a line, 0 to 255; rows from the top. */
export interface TextMap {
  values: Uint8Array;
  width: number;
  height: number;
}

// Thresholds as RapidOCR sets them for these weights.
const markedFrom = 0.3 * 255;
const sureFrom = 0.5 * 255;
/** The paper's r′: an area A of perimeter L grows by A · r′ / L on each side. */
const growth = 1.6;
/** A narrower rectangle is a speck. */
const leastBreadth = 3;

/** @returns rectangles in the map's pixels, in no order, the longer side along. */
export function findText(map: TextMap): Rectangle[] {
  return markedAreas(map).flatMap((outline) => {
    const shrunk = smallestRectangle(outline);
    if (shrunk.breadth < leastBreadth || meanInside(map, shrunk) < sureFrom) return [];
    return [grown(shrunk)];
  });
}

/** A rectangle, offset outwards on each side. The offset's corners would be round; these are square. */
export function grown(rectangle: Rectangle): Rectangle {
  const { length, breadth } = rectangle;
  const by = (length * breadth * growth) / (2 * (length + breadth));
  return { ...rectangle, length: length + 2 * by, breadth: breadth + 2 * by };
}

/** Connected areas of marked pixels, which touch at a side or a corner. Each is the corners of the outermost pixels of its rows. */
function markedAreas({ values, width, height }: TextMap): Point[][] {
  const seen = new Uint8Array(values.length);
  /** Of the area that is followed, by row; `right` is 0 where it has none of the row. */
  const [left, right] = [new Uint32Array(height), new Uint32Array(height)];
  const areas: Point[][] = [];
  for (let start = 0; start < values.length; start++) {
    if (seen[start] !== 0 || (values[start] as number) <= markedFrom) continue;
    let [top, bottom] = [height, 0];
    const todo = [start];
    seen[start] = 1;
    for (let i = todo.pop(); i !== undefined; i = todo.pop()) {
      const x = i % width;
      const y = (i - x) / width;
      if (right[y] === 0) left[y] = x;
      left[y] = Math.min(left[y] as number, x);
      right[y] = Math.max(right[y] as number, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      for (let ny = Math.max(y - 1, 0); ny <= Math.min(y + 1, height - 1); ny++)
        for (let nx = Math.max(x - 1, 0); nx <= Math.min(x + 1, width - 1); nx++) {
          const next = ny * width + nx;
          if (seen[next] !== 0 || (values[next] as number) <= markedFrom) continue;
          seen[next] = 1;
          todo.push(next);
        }
    }
    const outline: Point[] = [];
    // What touches lies in every row between.
    for (let y = top; y <= bottom; y++) {
      const [from, to] = [left[y] as number, right[y] as number];
      outline.push({ x: from, y }, { x: to, y }, { x: from, y: y + 1 }, { x: to, y: y + 1 });
    }
    areas.push(outline);
    right.fill(0, top, bottom + 1);
  }
  return areas;
}

/** Mean of the pixels whose middle lies in a rectangle; 0 if there are none. */
function meanInside({ values, width, height }: TextMap, rectangle: Rectangle): number {
  const { centre, along, length, breadth } = rectangle;
  const side = across(along);
  const corners = cornersOf(rectangle);
  const least = (axis: 'x' | 'y') => Math.max(0, Math.floor(Math.min(...corners.map((corner) => corner[axis]))));
  const most = (axis: 'x' | 'y', size: number) =>
    Math.min(size - 1, Math.ceil(Math.max(...corners.map((corner) => corner[axis]))));
  const [left, right, top, bottom] = [least('x'), most('x', width), least('y'), most('y', height)];
  let sum = 0;
  let count = 0;
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const dx = x + 0.5 - centre.x;
      const dy = y + 0.5 - centre.y;
      if (Math.abs(dx * along.x + dy * along.y) > length / 2) continue;
      if (Math.abs(dx * side.x + dy * side.y) > breadth / 2) continue;
      sum += values[y * width + x] as number;
      count += 1;
    }
  return count > 0 ? sum / count : 0;
}
