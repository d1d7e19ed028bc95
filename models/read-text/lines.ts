/** A line of text out of the picture, laid level and cut into what the network that reads takes. */
import { layOnGround } from '../../app/ground';
import { makeCanvas } from '../tool';
import { cutLine } from './cuts';
import { across, cornersOf, type Rectangle } from './rectangle';

/** The reading network's input (models/read-text-lines). */
const height = 48;
const width = 640;
/** A line may be squeezed so far before it is cut; photographed and printed lines were read to the letter so. */
const squeeze = 1.35;
/** What a network of normalised pixels takes for nothing: the middle between black and white. */
const ground = 'rgb(127 127 127)';

/** @returns canvases of the network's size: one, or several for a long line, in reading order. */
export function cutUp(original: HTMLCanvasElement, rectangle: Rectangle): HTMLCanvasElement[] {
  const line = level(original, rectangle);
  const most = width * squeeze;
  const ends = line.width > most ? cutLine(inkOf(line), most, height / 4) : [line.width];
  return ends.map((end, i) => {
    const from = ends[i - 1] ?? 0;
    const { canvas, context } = makeCanvas(width, height);
    context.fillStyle = ground;
    context.fillRect(0, 0, width, height);
    const shown = Math.min(end - from, width);
    context.drawImage(line, from, 0, end - from, height, 0, 0, shown, height);
    return canvas;
  });
}

/** A rectangle of the picture, turned level and brought to the network's height. */
function level(original: HTMLCanvasElement, rectangle: Rectangle): HTMLCanvasElement {
  const { along, length, breadth } = rectangle;
  const scale = height / breadth;
  const corners = cornersOf(rectangle);
  const left = Math.max(0, Math.floor(Math.min(...corners.map(({ x }) => x))));
  const top = Math.max(0, Math.floor(Math.min(...corners.map(({ y }) => y))));
  const right = Math.min(original.width, Math.ceil(Math.max(...corners.map(({ x }) => x))));
  const bottom = Math.min(original.height, Math.ceil(Math.max(...corners.map(({ y }) => y))));
  const { canvas, context } = makeCanvas(Math.max(1, Math.round(length * scale)), height, { willReadFrequently: true });
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, height);
  if (right <= left || bottom <= top) return canvas;

  // Cut out first: what is scaled down well is scaled down as a whole, and that would be all of the picture for each line.
  const around = makeCanvas(right - left, bottom - top, { willReadFrequently: true });
  around.context.drawImage(original, left, top, right - left, bottom - top, 0, 0, right - left, bottom - top);
  const pixels = around.context.getImageData(0, 0, right - left, bottom - top);
  layOnGround(pixels.data);
  around.context.putImageData(pixels, 0, 0);
  const side = across(along);
  const start = { x: corners[0].x - left, y: corners[0].y - top };
  const [a, b, c, d] = [along.x * scale, side.x * scale, along.y * scale, side.y * scale];
  context.setTransform(a, b, c, d, -(a * start.x + c * start.y), -(b * start.x + d * start.y));
  context.drawImage(around.canvas, 0, 0);
  return canvas;
}

/** How much brightness changes down each column: nothing between words, on any paper. */
function inkOf(line: HTMLCanvasElement): Float32Array {
  const context = line.getContext('2d');
  if (!context) throw new Error('Expected a line to have pixels but received none');
  const { data } = context.getImageData(0, 0, line.width, height);
  const brightness = (x: number, y: number): number => {
    const i = (y * line.width + x) * 4;
    return (data[i] as number) + (data[i + 1] as number) + (data[i + 2] as number);
  };
  return Float32Array.from({ length: line.width }, (_, x) => {
    let sum = 0;
    for (let y = 1; y < height; y++) sum += Math.abs(brightness(x, y) - brightness(x, y - 1));
    return sum;
  });
}
