/**
 * The packaged app's queue: pictures of one megapixel through one tool, from Start until the last file is saved, beside what its three
 * bottlenecks need alone on the same machine in the same run: the decoder, the bare loop of the engines, and the encoder.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import type { ModelCard } from '../../app/catalog';
import { fitSize } from '../../app/fit';
import type { QueueSettings } from '../../app/queue';
import { countTiles } from '../../app/tiles';
import { isNetworkOf } from '../../app/tools';
import { paths } from '../../main/paths';
import { decodersAtOnce } from '../../main/queue/line';
import { readShipped } from '../../main/setup/shipped';
import { planSearch } from '../../models/blur-faces/search';
import { planPieces } from '../../models/read-text/pieces';
import { addFolder, chooseOutput, queueOf, setQueue, settingsFor } from '../e2e/queueSteps';
import { type App, chooseTool, closeApp, inTime, openApp, openPicture, runJob, watch } from './app';
import type { QueueRow } from './appReport';
import { decodeAlone } from './decodeAlone';
import { encodeAlone } from './encodeAlone';
import type { Engines } from './engines';
import { writePhoto } from './picture';

export interface QueueBench {
  /** The tool's id. */
  model: string;
  pictures: number;
  /** Of each picture, in pixels. */
  size: { width: number; height: number };
  device: 'gpu' | 'cpu';
  userData: string;
  engines: Engines;
  /** For pictures and results; emptied. */
  folder: string;
}

/** On the processor a hundred pictures take long. */
const longestMs = 3_600_000;

const where = paths(path.resolve(import.meta.dirname, '..', '..'), false);

/** @throws Error where a picture failed, or the app worked on another device. */
export async function measureQueue(bench: QueueBench): Promise<QueueRow> {
  const { model, pictures, size, device, engines } = bench;
  const { cards } = await readShipped(where, null);
  const card = cards.find(({ id }) => id === model);
  if (!card) throw new Error(`No model ${model}`);
  const [from, to] = [path.join(bench.folder, 'from'), path.join(bench.folder, 'to')];
  for (const folder of [from, to]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  await writePictures(from, card, bench);
  // Photographs written as PNG would measure the encoder alone.
  const format = card.flow.kind === 'tiles' ? 'jpeg' : 'png';
  const app = await openApp(bench.userData, 'software', device);
  let seconds: number;
  let peakBytes: number;
  let decodeOnlySeconds: number;
  try {
    // The session is open, and the caches of both are warm.
    await chooseTool(app, card.id);
    await openPicture(app, path.join(from, nameOf(0)));
    await runJob(app, device, card.gives !== 'text');
    const memory = watch(app);
    try {
      seconds = await runQueue(app, from, to, settingsFor([{ model: card.id }], { format }));
      peakBytes = memory.peaks().allPeakBytes;
    } finally {
      memory.stop();
    }
    const files = Array.from({ length: pictures }, (_, i) => path.join(from, nameOf(i)));
    decodeOnlySeconds = await decodeAlone(app, files, decodersAtOnce(os.availableParallelism()));
  } finally {
    await closeApp(app);
  }
  let bareLoopSeconds = 0;
  let profile = '';
  for (const network of cards.filter((each) => isNetworkOf(each, card.id))) {
    const bare = await engines.open(network.id);
    try {
      if (network === card) ({ profile } = bare);
      bareLoopSeconds += (await runsOf(network, bare.profile, bench, to)) / (await bare.measure());
    } finally {
      await bare.close();
    }
  }
  const encodeOnlySeconds = card.gives === 'text' ? 0 : await encodeAlone(to, pictures, format);
  const { width, height } = size;
  return {
    tool: card.id,
    profile,
    pictures,
    megapixels: Number(((width * height) / 1e6).toFixed(2)),
    format: card.gives === 'text' ? 'csv' : format,
    seconds,
    decodeOnlySeconds,
    bareLoopSeconds,
    encodeOnlySeconds,
    // The three overlap, so the slowest one is what a queue cannot beat.
    ratio: seconds / Math.max(decodeOnlySeconds, bareLoopSeconds, encodeOnlySeconds),
    peakBytes,
    gpu: engines.gpu,
    driver: engines.driver,
    cores: os.availableParallelism(),
    taken: new Date().toISOString(),
  };
}

const nameOf = (i: number): string => `${i}.jpg`;

/** As a person's folder has them: no two are alike, so that nothing is done once for all. */
async function writePictures(folder: string, card: ModelCard, { pictures, size }: QueueBench): Promise<void> {
  const { width, height } = size;
  const base = path.join(folder, 'base.png');
  const sample = { 'read-text': 'page.png', 'blur-faces': 'astronaut.png' }[card.id];
  if (sample)
    await sharp(where.prepared(card.id, sample))
      .resize(width, height, { fit: 'contain', background: '#fff' })
      .toFile(base);
  else await writePhoto(base, width, height);
  const pixels = await sharp(base).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  await rm(base);
  for (let i = 0; i < pictures; i++)
    await sharp(pixels.data, { raw: { width: pixels.info.width, height: pixels.info.height, channels: 3 } })
      .modulate({ brightness: 0.9 + i / (5 * pictures), hue: i })
      .jpeg({ quality: 92 })
      .toFile(path.join(folder, nameOf(i)));
}

/** Adds the folder and starts, through the window's own commands. @returns seconds from the start to the last file. */
async function runQueue(app: App, from: string, to: string, settings: QueueSettings): Promise<number> {
  // What the tool before left.
  const before = (await queueOf(app)).items.map(({ id }) => id);
  await app.window.evaluate((ids) => (ids.length > 0 ? window.refit.removeItems(ids) : null), before);
  await addFolder(app, from);
  await chooseOutput(app, to);
  await setQueue(app, { ...settings, pattern: '{name}', keepFolders: false });
  // Its thumbnails are on the way.
  await setTimeout(2000);
  const ms = await inTime('queue', app.window.evaluate(runInWindow), longestMs);
  const queue = await queueOf(app);
  if (queue.phase.kind !== 'finished') throw new Error(`The queue stands: ${JSON.stringify(queue.phase)}`);
  const other = queue.items.find(({ state }) => state.kind !== 'saved');
  if (other) throw new Error(`${other.name} ended ${JSON.stringify(other.state)}`);
  return ms / 1000;
}

/** Runs in the window: asking main again and again would take its time. @returns milliseconds until the queue no longer runs. */
async function runInWindow(): Promise<number> {
  const startedAt = performance.now();
  const ended = new Promise<number>((resolve) => {
    let isBegun = false;
    window.refit.onQueue((events) => {
      for (const event of events) {
        if (event.kind !== 'phase') continue;
        if (event.phase.kind === 'running') isBegun = true;
        else if (isBegun) resolve(performance.now() - startedAt);
      }
    });
  });
  const answer = await window.refit.startQueue();
  if (!answer.ok) throw new Error(answer.error.code);
  return ended;
}

/** How often a network runs for all pictures. @param to has what the queue wrote. */
async function runsOf(
  network: ModelCard,
  profile: string,
  { pictures, size }: QueueBench,
  to: string,
): Promise<number> {
  const { flow } = network;
  if (flow.kind === 'tiles') {
    const side = network.profiles.find(({ id }) => id === profile) ?? { width: flow.cpuTile, height: flow.cpuTile };
    return pictures * countTiles(size.width, size.height, side.width, side.height, flow.overlap);
  }
  if (network.id === 'blur-faces') {
    // The whole picture, and each square of it.
    const input = network.profiles.find(({ id }) => id === profile) ?? { width: 640, height: 640 };
    const { squares } = planSearch(size, fitSize(flow.fit, size, input), input.width);
    return pictures * (1 + squares.length);
  }
  if (network.id === 'read-text') {
    // The whole page, and each piece of it: these pages have ink in all of them.
    const input = network.profiles.find(({ id }) => id === profile) ?? { width: 960, height: 960 };
    const plan = planPieces(size, input, fitSize(flow.fit, size, input));
    return pictures * (1 + (plan?.pieces.length ?? 0));
  }
  if (network.partOf === undefined) return pictures;
  // A part looks at what was found: each row of the table is a line that was read, below the row of headings. What was looked at twice,
  // or taken for no text, is not counted.
  const [table] = await readdir(to);
  if (!table) throw new Error(`Expected a table in ${to}`);
  return (await readFile(path.join(to, table), 'utf8')).trim().split('\r\n').length - 1;
}
