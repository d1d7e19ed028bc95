/** What the fake networks answer. */
import type { OutputsEvent } from '../../app/contract';

/** Nearest-neighbour enlargement with more contrast, so that before and after can be told apart. */
export function fakeTile(rgb: Uint8Array, side: number, scale: number): Uint8Array {
  const out = new Uint8ClampedArray(side * scale * side * scale * 3);
  let to = 0;
  for (let y = 0; y < side * scale; y++)
    for (let x = 0; x < side * scale; x++) {
      const from = (Math.floor(y / scale) * side + Math.floor(x / scale)) * 3;
      for (let c = 0; c < 3; c++) out[to++] = ((rgb[from + c] ?? 0) - 128) * 1.15 + 134;
    }
  return new Uint8Array(out.buffer);
}

/** A round mask, three lines of four letters each, or one face a little above the middle. */
export function fakeOutputs(model: string, input: { width: number; height: number }): OutputsEvent['outputs'] {
  const { width, height } = input;
  if (model === 'cut-out') {
    const mask = new Float32Array(width * height);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const distance = Math.hypot(x / width - 0.5, y / height - 0.5);
        mask[y * width + x] = Math.min(1, Math.max(0, (0.4 - distance) * 40));
      }
    return [output('mask', mask, [1, 1, height, width])];
  }
  if (model === 'read-text') {
    const map = new Uint8Array(width * height);
    for (const y of [0.1, 0.2, 0.3]) {
      const row = Math.round(y * width);
      for (let dy = 0; dy < 24; dy++) map.fill(255, (row + dy) * width + 90, (row + dy) * width + 600);
    }
    return [{ name: 'text', dtype: 'uint8', shape: [1, height, width, 1], bytes: map }];
  }
  if (model === 'read-text-lines') {
    // Four letters, a step of none between two.
    const index = Float32Array.from({ length: width / 8 }, (_, step) => (step < 8 && step % 2 === 0 ? 60 + step : 0));
    const shape = [1, index.length];
    return [output('index', index, shape), output('score', new Float32Array(index.length).fill(0.98), shape)];
  }
  const w = width / 4;
  const h = height / 4;
  const heatmap = new Float32Array(w * h);
  const scale = new Float32Array(2 * w * h);
  const offset = new Float32Array(2 * w * h);
  const cell = Math.round(h * 0.23) * w + Math.round(w * 0.43);
  heatmap[cell] = 0.9;
  scale[cell] = Math.log(h * 0.26);
  scale[w * h + cell] = Math.log(w * 0.2);
  return [
    output('heatmap', heatmap, [1, 1, h, w]),
    output('scale', scale, [1, 2, h, w]),
    output('offset', offset, [1, 2, h, w]),
    output('landmarks', new Float32Array(10 * w * h), [1, 10, h, w]),
  ];
}

function output(name: string, values: Float32Array, shape: number[]): OutputsEvent['outputs'][number] {
  return { name, dtype: 'float32', shape, bytes: new Uint8Array(values.buffer) };
}
