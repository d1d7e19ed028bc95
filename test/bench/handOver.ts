/** A job that began on the processor and ends on the GPU: where it moved, what shows of that, and how long it took. */
import path from 'node:path';
import type { Runner } from '../../app/runner';
import type { Rect } from '../../app/tiles';
import type { RunningApp } from '../e2e/app';
import { type Picture, readPicture } from '../e2e/pictures';
import { reached, runInWindow, saveAs, watchFirstTile } from './app';
import type { HandOver } from './appReport';

/** Parts of the result as they came, and the device that the job was on. */
type Came = { device: Runner; at: number; rects: Rect[] }[];
declare global {
  interface Window {
    handOver: Came;
  }
}

/** Notes from now on which device made what. Before the job starts. */
export const watchHandOver = ({ window: page }: RunningApp): Promise<void> => page.evaluate(record);

/**
 * Waits for the job's end, saves its result, and has the GPU make the same picture alone.
 * @param reopen opens the picture anew: a result takes the place of what starts a job.
 * @returns undefined where the job never moved.
 */
export async function measureHandOver(refit: RunningApp, reopen: () => Promise<void>): Promise<HandOver | undefined> {
  const page = refit.window;
  const { job } = await reached(page, ({ job }) => job.kind !== 'running');
  if (job.kind !== 'done') throw new Error(`The job ended ${JSON.stringify(job)}`);
  const came = await page.evaluate(() => window.handOver);
  const moves = came.flatMap(({ device, at }, i) => {
    const before = came[i - 1];
    return before && before.device !== device ? [{ from: before.device, to: device, part: i, atMs: at }] : [];
  });
  const [first] = moves;
  if (!first || !came[0]) return undefined;
  const made = await saved(refit, 'handed-over.png');
  await reopen();
  await page.evaluate(watchFirstTile);
  const alone = await page.evaluate(runInWindow, true);
  if (alone.job.kind !== 'done' || alone.job.device !== 'gpu')
    throw new Error(`The job alone ended ${JSON.stringify(alone.job)}`);
  const reference = await saved(refit, 'alone.png');
  const bySlow = came.slice(0, first.part).flatMap(({ rects }) => rects);
  const share = bySlow.reduce((sum, { width, height }) => sum + width * height, 0) / (made.width * made.height);
  return {
    model: job.model,
    width: made.width,
    height: made.height,
    moves: moves.map(({ from, to, part, atMs }) => ({
      from,
      to,
      tile: came.slice(0, part).flatMap(({ rects }) => rects).length,
      atMs: Math.round(atMs),
    })),
    seamDb: seamDb(made, reference, came),
    wholeDb: decibels(made, reference, () => true),
    jobMs: Math.round(job.elapsedMs),
    firstDeviceAloneMs: Math.round(first.atMs / share),
    gpuAloneMs: Math.round(alone.jobMs),
  };
}

async function saved(refit: RunningApp, name: string): Promise<Picture> {
  const file = path.join(refit.userDataDir, name);
  await saveAs(refit, file, 'png');
  return readPicture(file);
}

/** Pixels of the result on either side of an edge that belong to the seam. */
const reach = 8;

/** Around the edges at which parts of two devices meet, against the picture that one device made. */
function seamDb(made: Picture, reference: Picture, came: Came): number {
  const { width, height } = made;
  const order: Runner[] = ['cpu', 'webgpu', 'gpu'];
  const by = new Uint8Array(width * height);
  for (const { device, rects } of came)
    for (const rect of rects)
      for (let y = rect.y; y < rect.y + rect.height; y++)
        by.fill(order.indexOf(device) + 1, y * width + rect.x, y * width + rect.x + rect.width);
  const near = (x: number, y: number, dx: number, dy: number): number =>
    by[Math.min(height - 1, Math.max(0, y + dy)) * width + Math.min(width - 1, Math.max(0, x + dx))] ?? 0;
  return decibels(
    made,
    reference,
    (x, y) => near(x, y, -reach, 0) !== near(x, y, reach, 0) || near(x, y, 0, -reach) !== near(x, y, 0, reach),
  );
}

/** Peak signal-to-noise ratio over the pixels that are asked for; 99 where they are equal. */
function decibels(a: Picture, b: Picture, isAsked: (x: number, y: number) => boolean): number {
  let squares = 0;
  let count = 0;
  for (let y = 0; y < a.height; y++)
    for (let x = 0; x < a.width; x++) {
      if (!isAsked(x, y)) continue;
      for (let c = 0; c < 3; c++, count++) {
        const i = (y * a.width + x) * 4 + c;
        squares += ((a.data[i] ?? 0) - (b.data[i] ?? 0)) ** 2;
      }
    }
  if (count === 0) return Number.NaN;
  return squares === 0 ? 99 : Number((10 * Math.log10(255 ** 2 / (squares / count))).toFixed(1));
}

// What follows runs in the window.

function record(): void {
  window.handOver = [];
  let device: Runner | undefined;
  let startedAt = 0;
  window.refit.onEvent(({ event }) => {
    if (event.kind !== 'job' || event.job.kind !== 'running') return;
    if (device === undefined) startedAt = performance.now();
    device = event.job.device;
  });
  window.refit.onChanged(({ rects }) => {
    if (device !== undefined) window.handOver.push({ device, at: performance.now() - startedAt, rects });
  });
}
