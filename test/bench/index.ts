/**
 * What the packaged app reaches with its window open, beside the bare loop of the same engines: docs/app-report.{json,md}. Needs a
 * GPU, a screen, and what `npm run package` makes.
 *
 *   npm run bench:app -- [options]
 *   --only photo-x4,fast-x4   tools; else photo-x4, drawing-x4 and fast-x4, and of --queue five
 *   --sizes 1,12              megapixels: 1, 3, 12, 24
 *   --compositing software    what draws the window: gpu, software
 *   --keep                    rows of the last report that are not taken again stay
 *   --user-data DIR           the app's data, kept from one call to the next; else made anew and gone afterwards
 *   --out DIR                 where the report goes; docs
 *   --first-run               first starts alone, of which --launches N (5) are made; all other rows stay
 *   --starts                  a bare window and the app started in turn, --launches N (5) pairs, on any machine; prints, writes nothing
 *   --queue                   --pictures N (100) of one megapixel through each of the tools; all other rows stay
 *   --list                    a folder of --files N (10,000) pictures is listed, on any machine; all other rows stay
 *   --cpu                     the same on the processor, to try this script; the report goes to test-results
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  type App,
  type Compositing,
  chooseTool,
  closeApp,
  type Format,
  openApp,
  openPicture,
  pngToBlob,
  reached,
  runJob,
  saveResult,
  watch,
} from './app';
import { type AppReport, type AppRow, type QueueRow, readAppReport, writeAppReport } from './appReport';
import { type Bare, type Engines, openEngines, openProcessor } from './engines';
import { firstRuns, starts } from './firstRun';
import { measureList } from './list';
import { writePhoto } from './picture';
import { measureQueue } from './queue';

const sizes: Record<string, [number, number]> = {
  '0.1': [384, 288],
  '1': [1152, 864],
  '3': [2048, 1536],
  '12': [4096, 3072],
  '24': [6000, 4000],
};
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    sizes: { type: 'string' },
    compositing: { type: 'string' },
    keep: { type: 'boolean', default: false },
    cpu: { type: 'boolean', default: false },
    'first-run': { type: 'boolean', default: false },
    starts: { type: 'boolean', default: false },
    launches: { type: 'string', default: '5' },
    list: { type: 'boolean', default: false },
    files: { type: 'string', default: '10000' },
    queue: { type: 'boolean', default: false },
    pictures: { type: 'string', default: '100' },
    'user-data': { type: 'string' },
    out: { type: 'string' },
  },
});
const list = (text: string): string[] => text.split(',').filter(Boolean);
const models = list(
  values.only ?? (values.queue ? 'photo-x4,fast-x4,blur-faces,cut-out,read-text' : 'photo-x4,drawing-x4,fast-x4'),
);
const megapixels = list(values.sizes ?? (values.queue ? '1' : '1,3,12,24'));
const compositings = list(values.compositing ?? (values.cpu ? 'software' : 'software,gpu')) as Compositing[];
/** Of these JPEG is saved too. */
const alsoJpeg = values.cpu ? '0.1' : '12';
const device = values.cpu ? 'cpu' : 'gpu';
const root = path.resolve(import.meta.dirname, '..', '..');
const out = path.resolve(values.out ?? path.join(root, values.cpu ? 'test-results' : 'docs'));

const work = await mkdtemp(path.join(os.tmpdir(), 'refit-bench-'));
const userData = path.resolve(values['user-data'] ?? path.join(work, 'data'));
await mkdir(out, { recursive: true });
await mkdir(userData, { recursive: true });

const committed = await readAppReport();
/** What is not taken again stays. */
const isKept = values.keep || values['first-run'] || values.queue || values.list;
const last = isKept ? await readAppReport(out).catch(() => committed) : committed;
const report: AppReport = isKept
  ? { ...last, missing: [], before: committed.before }
  : { ...last, results: [], missing: [], pngToBlob: undefined, before: committed.before };

const isSame = (a: AppRow, b: AppRow): boolean =>
  (['model', 'profile', 'compositing', 'width', 'height', 'format'] as const).every((key) => a[key] === b[key]);

async function write(change: Partial<AppReport>): Promise<void> {
  Object.assign(report, change, { date: new Date().toISOString() });
  await writeAppReport(report, out);
}

async function took(row: AppRow): Promise<void> {
  const { model, profile, compositing, width, height, jobMs, ratio, doneToSavedMs, format } = row;
  console.log(
    `${model} ${profile}, ${width} × ${height}, ${compositing}: ${row.appTilesPerSecond.toFixed(1)} of ${row.bareTilesPerSecond.toFixed(1)} tiles/s` +
      ` (${ratio.toFixed(2)}), job ${jobMs.toFixed(0)} ms, first tile ${row.firstTileMs.toFixed(0)} ms, ${format} ${doneToSavedMs.toFixed(0)} ms,` +
      ` window ${(row.windowPeakBytes / 1e6).toFixed(0)} MB, all ${(row.allPeakBytes / 1e6).toFixed(0)} MB`,
  );
  await write({ results: [...report.results.filter((each) => !isSame(each, row)), row] });
}

async function tookQueue(row: QueueRow): Promise<void> {
  const { tool, pictures, seconds, decodeOnlySeconds = 0, bareLoopSeconds, encodeOnlySeconds, ratio, peakBytes } = row;
  console.log(
    `${tool}, ${pictures} pictures: ${seconds.toFixed(2)} s; decoder alone ${decodeOnlySeconds.toFixed(2)}, engines alone` +
      ` ${bareLoopSeconds.toFixed(2)}, encoder alone ${encodeOnlySeconds.toFixed(2)} (${ratio.toFixed(2)}), ${(peakBytes / 1e6).toFixed(0)} MB`,
  );
  const others = (report.queue ?? []).filter((each) => each.tool !== tool || each.profile !== row.profile);
  await write({ queue: [...others, row] });
}

async function missed(what: string, error: unknown): Promise<void> {
  const line = `${what}: ${error instanceof Error ? error.message : error}`;
  console.error(`✗ ${line}`);
  await write({ missing: [...report.missing, line] });
}

const pictures = new Map<string, string>();
async function pictureOf(size: string): Promise<string> {
  const file = pictures.get(size) ?? path.join(work, `photo-${size}.jpg`);
  const sides = sizes[size];
  if (!sides) throw new Error(`No size ${size}: there are ${Object.keys(sizes).join(', ')}`);
  if (!pictures.has(size)) await writePhoto(file, ...sides);
  pictures.set(size, file);
  return file;
}

async function measure(app: App, bare: Bare, model: string, size: string): Promise<void> {
  const [width = 0, height = 0] = sizes[size] ?? [];
  const file = await pictureOf(size);
  const bareTilesPerSecond = await bare.measure();
  const memory = watch(app);
  try {
    await openPicture(app, file);
    const { tiles, jobMs, firstTileMs } = await runJob(app, device);
    const appTilesPerSecond = (tiles * 1000) / jobMs;
    for (const format of (size === alsoJpeg ? ['png', 'jpeg'] : ['png']) satisfies Format[]) {
      const { savedMs: doneToSavedMs } = await saveResult(app, path.join(work, `result.${format}`), format);
      await took({
        model,
        profile: bare.profile,
        compositing: app.compositing,
        width,
        height,
        tiles,
        jobMs,
        appTilesPerSecond,
        bareTilesPerSecond,
        ratio: appTilesPerSecond / bareTilesPerSecond,
        firstTileMs,
        doneToSavedMs,
        format,
        taken: new Date().toISOString(),
        ...memory.peaks(),
      });
    }
    const isBlobs = model === 'fast-x4' && (size === '3' || values.cpu) && report.pngToBlob === undefined;
    if (isBlobs) {
      const made = await pngToBlob(app, work);
      console.log(
        `PNG of ${made.width} × ${made.height}: app ${made.appMs.toFixed(0)} ms, toBlob ${made.toBlobMs.toFixed(0)} ms`,
      );
      await write({ pngToBlob: made });
    }
  } finally {
    memory.stop();
  }
}

/** All sizes of one engine in one window. */
async function measureEngine(
  engines: Engines,
  model: string,
  profile: string,
  compositing: Compositing,
): Promise<void> {
  const bare = await engines.open(model);
  let app: App | undefined;
  try {
    for (const size of megapixels) {
      const what = `${model} ${profile}, ${size} megapixels, window drawn by ${compositing}`;
      try {
        app ??= await start(model, compositing);
        await measure(app, bare, model, size);
      } catch (error) {
        await missed(what, error);
        if (app) await closeApp(app);
        app = undefined;
        if (error instanceof NoCompositing) return;
      }
    }
  } finally {
    if (app) await closeApp(app);
    await bare.close();
  }
}

class NoCompositing extends Error {}

/** Every model's fastest engine is found: nothing is timed beside what is measured. */
const raced = ({ window }: App) =>
  reached(
    window,
    ({ setup }) =>
      setup.kind === 'ready' &&
      setup.device.kind === 'gpu' &&
      setup.device.rows.every(
        (row) =>
          (row.phase === 'done' && row.timed !== undefined) || (row.phase === 'cached' && row.perSecond !== undefined),
      ),
  );

/** The app, its session of a model open. */
async function start(model: string, compositing: Compositing): Promise<App> {
  const app = await openApp(userData, compositing, device);
  await write({ electron: app.electron });
  try {
    if (app.compositing !== compositing) throw new NoCompositing(`Chromium draws otherwise here: ${app.status}`);
    console.log(`● window drawn by ${compositing}: ${app.status}`);
    await chooseTool(app, model);
    await openPicture(app, await pictureOf('0.1'));
    await runJob(app, device);
    return app;
  } catch (error) {
    console.error(app.output());
    await closeApp(app);
    throw error;
  }
}

const launches = Math.max(1, Number.parseInt(values.launches, 10) || 5);
if (values.starts) {
  try {
    await starts(launches);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  process.exit(0);
}
if (values['first-run']) {
  try {
    await write({ firstRun: await firstRuns(launches, await pictureOf('0.1'), await pictureOf('1')) });
    console.log(JSON.stringify(report.firstRun, null, 2));
  } catch (error) {
    await missed('first run', error);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  process.exit(report.missing.length > 0 ? 1 : 0);
}

if (values.list) {
  try {
    const [width = 0, height = 0] = sizes[list(values.sizes ?? '1')[0] ?? ''] ?? [];
    const files = Math.max(1, Number.parseInt(values.files, 10) || 10_000);
    const row = await measureList({ files, size: { width, height }, device, userData, folder: work });
    console.log(JSON.stringify(row, null, 2));
    await write({ list: row });
  } catch (error) {
    await missed('a large folder', error);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  process.exit(report.missing.length > 0 ? 1 : 0);
}

try {
  // The first start prepares every engine; what follows reads them where the app kept them.
  const first = await openApp(userData, 'software', device);
  if (device === 'gpu') await raced(first);
  await closeApp(first);
  const engines = await (values.cpu ? openProcessor() : openEngines(userData));
  if (values.queue) {
    const [width = 0, height = 0] = sizes[megapixels[0] ?? ''] ?? [];
    const pictures = Math.max(1, Number.parseInt(values.pictures, 10) || 100);
    const rest = { pictures, size: { width, height }, device, userData, engines, folder: work } as const;
    for (const model of models)
      await measureQueue({ model, ...rest }).then(tookQueue, (error) => missed(`a queue for ${model}`, error));
  } else {
    await write({ gpu: engines.gpu, driver: engines.driver });
    for (const model of models)
      for (const profile of engines.profiles(model)) {
        await engines.take(model, profile);
        for (const compositing of compositings) await measureEngine(engines, model, profile, compositing);
      }
  }
} finally {
  await rm(work, { recursive: true, force: true });
}
console.log(
  `${report.results.length + (report.queue?.length ?? 0)} rows in ${out}/app-report.json; missing: ${report.missing.length}`,
);
// Libraries of the GPU's may hold the process.
process.exit(report.missing.length > 0 ? 1 : 0);
