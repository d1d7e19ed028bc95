/** Numbers as a person reads them: a unit, and no more than three figures. */

/** At most three figures, no trailing zeros: 33.4 → "33.4", 128.2 → "128", 4.0 → "4". */
export function figures(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(value < 1 ? 2 : 3)));
}

const units = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
] as const;

/** Bytes in decimal units: 33424520 → "33.4 MB". */
export function bytes(count: number): string {
  for (const [unit, size] of units) if (count >= size * 0.9995) return `${figures(count / size)} ${unit}`;
  return `${count} B`;
}

/** A part of a whole in the whole's unit, whole figures so that it does not jitter: "21" of "33 MB". */
export function bytesOf(part: number, whole: number): { part: string; whole: string } {
  const [unit, size] = units.find(([, step]) => whole >= step) ?? (['B', 1] as const);
  const fine = whole / size < 10 && size > 1;
  const write = (value: number) => (fine ? (value / size).toFixed(1) : String(Math.round(value / size)));
  return { part: write(part), whole: `${write(whole)} ${unit}` };
}

/** Graphics memory as its maker says it: 12 × 2^30 is "12 GB", and what the driver keeps back does not make it 11.7. */
export const graphicsMemory = (count: number): string => `${Math.round(count / 2 ** 30)} GB`;

/** A duration that was measured: 6240 → "6.2 s", 92000 → "1 min 32 s", 26400000 → "7 h 20 min", 84 → "84 ms". */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
  if (seconds < 3599.5) return twoUnits(Math.round(seconds), 'min', 's');
  return twoUnits(Math.round(seconds / 60), 'h', 'min');
}

/** 92 → "1 min 32 s", 120 → "2 min". */
const twoUnits = (count: number, sixty: string, one: string): string =>
  count % 60 === 0 ? `${count / 60} ${sixty}` : `${Math.floor(count / 60)} ${sixty} ${count % 60} ${one}`;

/** CUDA's way to write a version: 12080 → "12.8". */
export const cudaVersion = (version: number): string =>
  `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;

/** "NVIDIA GeForce RTX 4070" → "RTX 4070", for lines where room is scarce. */
export const shortGpuName = (name: string): string => name.replace(/^NVIDIA\s+/, '').replace(/^GeForce\s+/, '');

/** "tensorrt-rtx 1.6.1" → "TensorRT-RTX 1.6.1". */
export const runtimeName = (runtime: string): string =>
  runtime.replace(/^tensorrt-rtx/, 'TensorRT-RTX').replace(/^tensorrt/, 'TensorRT');
