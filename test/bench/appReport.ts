/**
 * Reads and writes docs/app-report.json and the page of it: the speed of the packaged app with its window open, beside the bare loop on the
 * same machine in the same run. `npm run bench:app` writes both; the GPU report and bench point to them.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { runners } from '../../app/runner';

const Rate = z.number().positive();
const Compositing = z.enum(['gpu', 'software']);

const Row = z.strictObject({
  model: z.string(),
  profile: z.string(),
  /** What Chromium draws the window with, in its own words. */
  compositing: Compositing,
  /** The picture's size in pixels. */
  width: z.int(),
  height: z.int(),
  tiles: z.int(),
  /** From the click on Start, the session open, until the window has the job done. */
  jobMs: Rate,
  appTilesPerSecond: Rate,
  /** The addon's bare loop, while the app was idle. */
  bareTilesPerSecond: Rate,
  ratio: Rate,
  /** From the same click until the first frame with pixels of the result. */
  firstTileMs: Rate,
  /** From the click on Save until the window says "Saved". */
  doneToSavedMs: Rate,
  format: z.enum(['png', 'jpeg']),
  /** When, ISO 8601: a report may keep rows of an earlier run. */
  taken: z.string(),
  /** The window's process, from opening the picture until it is saved: the most of its memory that was resident (VmHWM). */
  windowPeakBytes: Rate,
  /** All processes of the app over the same time, memory that several share counted once (PSS), and picture files in memory; sampled. */
  allPeakBytes: Rate,
});
export type AppRow = z.infer<typeof Row>;

const PngToBlob = z.strictObject({
  width: z.int(),
  height: z.int(),
  /** From the click on Save until "Saved"; and Chromium's own canvas.toBlob of the same pixels in the same window. */
  appMs: Rate,
  toBlobMs: Rate,
  ratio: Rate,
  appBytes: Rate,
  toBlobBytes: Rate,
});
export type PngToBlob = z.infer<typeof PngToBlob>;

/** A job that began on one device and moved to better ones as they became ready. */
const HandOver = z.strictObject({
  model: z.string(),
  /** Of the result, in pixels. */
  width: z.int(),
  height: z.int(),
  /** Each with the tiles that were done before it, and when, from the start of the job. */
  moves: z
    .array(z.strictObject({ from: z.enum(runners), to: z.enum(runners), tile: z.int(), atMs: z.number() }))
    .min(1),
  /** Against the picture that the GPU makes alone: the 8 pixels on either side of where two devices' tiles meet, and all of it. */
  seamDb: z.number(),
  wholeDb: z.number(),
  jobMs: Rate,
  /** What the first device would have taken at the pace that it had; and what the GPU takes alone. */
  firstDeviceAloneMs: Rate,
  gpuAloneMs: Rate,
});
export type HandOver = z.infer<typeof HandOver>;

const FirstRun = z.strictObject({
  /** When, ISO 8601. */
  taken: z.string(),
  launches: z.int(),
  /** The tool that the window has chosen. */
  chosen: z.string(),
  /** Each figure is of its middle launch. From the click on Prepare to the first pixels of a GPU's picture, which is open by then. */
  firstPictureMs: Rate,
  /** From the same click until every model has an engine; and so beside a job that began on the processor. */
  allReadyMs: Rate,
  allReadyMsBesideJob: Rate,
  /** The same two where the app ships kernels that this GPU compiled. Runs before 2026-11-27 20:00 lack them. */
  firstPictureMsWithKernels: Rate.optional(),
  allReadyMsWithKernels: Rate.optional(),
  /** From the start of the process until the GPU is ready, everything being prepared. */
  secondReadyMs: Rate,
  /**
   * From the start of a bare Electron until a host of the package, which checks nothing, has opened the chosen tool's plan: no second start
   * could be ready before. Runs before 2026-11-28 lack it.
   */
  planLoadMs: Rate.optional(),
  /** `secondReadyMs` in it. */
  secondReadyRatio: Rate.optional(),
  /** From the start of the process until the window is painted: the app's, and one without anything in it. */
  windowMs: Rate,
  bareElectronMs: Rate,
  /**
   * From the start of the process, everything being prepared, until the workspace is drawn: from then on a picture can be opened and a
   * job started. Runs before 2026-11-27 13:00 lack it.
   */
  usableMs: Rate.optional(),
  /** Of the last job that began on the processor. */
  handOver: HandOver.optional(),
});
export type FirstRun = z.infer<typeof FirstRun>;

const QueueRow = z.strictObject({
  tool: z.string(),
  profile: z.string(),
  pictures: z.int(),
  /** Of each picture that is read. */
  megapixels: Rate,
  format: z.enum(['png', 'jpeg', 'csv']),
  /** From Start until the last file is saved. */
  seconds: Rate,
  /** What the app's decoder alone needs for as many pictures, as many at once as the app does. Rows before 2026-11-28 03:30 lack it. */
  decodeOnlySeconds: Rate.exactOptional(),
  /** What the engines alone need for as many runs, in the bare loop, while the app was closed. */
  bareLoopSeconds: Rate,
  /** What the encoder alone needs for as many results, as many at once as the app does; 0 where text is written. */
  encodeOnlySeconds: z.number().nonnegative(),
  /** `seconds` in the longest of these. */
  ratio: Rate,
  /** As `allPeakBytes` of a job. */
  peakBytes: Rate,
  /** What all of it ran on: other rows may be of another card. */
  gpu: z.string(),
  driver: z.string(),
  cores: z.int(),
  /** When, ISO 8601. */
  taken: z.string(),
});
export type QueueRow = z.infer<typeof QueueRow>;

const ListRow = z.strictObject({
  files: z.int(),
  megapixels: Rate,
  /** From the choice of a folder until the strip says how many pictures it has. */
  listedMs: Rate,
  /** The most that all processes of the app took more than before, the strip being scrolled from end to end. */
  addedBytes: z.number().nonnegative(),
  /** When, ISO 8601. */
  taken: z.string(),
});
export type ListRow = z.infer<typeof ListRow>;

/** Figures of an earlier design, measured by hand; null where one was not measured. */
const Before = z.strictObject({
  date: z.string(),
  gpu: z.string(),
  how: z.string(),
  jobs: z.array(
    z.strictObject({
      model: z.string(),
      profile: z.string(),
      width: z.int(),
      height: z.int(),
      bare: Rate,
      gpu: Rate.nullable(),
      software: Rate.nullable(),
    }),
  ),
});

const AppReport = z.strictObject({
  /** Date of the last run, ISO 8601; null before the first. */
  date: z.string().nullable(),
  /** The GPU that the bare loop and the app ran on. */
  gpu: z.string().nullable(),
  driver: z.string().nullable(),
  electron: z.string().nullable(),
  results: z.array(Row),
  pngToBlob: PngToBlob.optional(),
  firstRun: FirstRun.optional(),
  queue: z.array(QueueRow).exactOptional(),
  list: ListRow.exactOptional(),
  /** Rows that were asked for and could not be measured, with the reason. */
  missing: z.array(z.string()).default([]),
  before: Before,
});
export type AppReport = z.infer<typeof AppReport>;

const docs = path.resolve(import.meta.dirname, '..', '..', 'docs');

/** @param folder `docs`, or another that a run wrote into. @throws Error where the file is not as it should be. */
export async function readAppReport(folder = docs): Promise<AppReport> {
  return AppReport.parse(JSON.parse(await readFile(path.join(folder, 'app-report.json'), 'utf8')));
}

/** Writes app-report.json and app-report.md. */
export async function writeAppReport(report: AppReport, folder = docs): Promise<void> {
  await writeFile(path.join(folder, 'app-report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(path.join(folder, 'app-report.md'), appReportPage(report));
}

/** docs/app-report.md. */
export function appReportPage(report: AppReport): string {
  const { date, gpu, driver, electron, results, pngToBlob, missing } = report;
  const lines = [
    '# The app’s report',
    '',
    'How fast the packaged app is with its window open, beside the bare loop of the same engine on the same machine in the same run.',
    'Written by `npm run bench:app`.',
    '',
    '## Before and after pictures lay in files',
    '',
    ...appLines(report),
    '',
  ];
  if (date && results.length > 0)
    lines.push(
      '## All jobs',
      '',
      `${gpu}, driver ${driver}, Electron ${electron}, ${date.slice(0, 10)}. *Job*: from the click on Start, the session open, until the window`,
      'has it done. *First tile*: from that click to the first frame with pixels of the result. *Save*: from the click on Save to',
      '"Saved". Memory: the most at any time from opening the picture until it is saved, of the window’s process, and of all the',
      'app’s processes together with the picture files that lie in memory. *Taken*: when the run ended, UTC.',
      'Start is clicked half a second after the picture is drawn. In rows since 2026-11-27 06:30, memory is allocated by then (pixels.md), and no job',
      'waits for its unmapping.',
      '',
      '| engine | picture | window drawn by | tiles | job | app tiles per s | bare tiles per s | app / bare | first tile | save | window, all | taken |',
      '|---|---|---|---:|---:|---:|---:|---:|---:|---|---:|---|',
      ...results.map(
        (row) =>
          `| ${[
            `${row.model} ${row.profile}`,
            `${row.width} × ${row.height}`,
            drawnBy[row.compositing],
            row.tiles,
            milliseconds(row.jobMs),
            figures(row.appTilesPerSecond),
            figures(row.bareTilesPerSecond),
            row.ratio.toFixed(2),
            milliseconds(row.firstTileMs),
            `${milliseconds(row.doneToSavedMs)} ${row.format.toUpperCase()}`,
            `${megabytes(row.windowPeakBytes)}, ${megabytes(row.allPeakBytes)} MB`,
            row.taken.slice(0, 16).replace('T', ' '),
          ].join(' | ')} |`,
      ),
      '',
    );
  if (pngToBlob) {
    const { width, height, appMs, toBlobMs, ratio, appBytes, toBlobBytes } = pngToBlob;
    lines.push(
      '## A PNG file',
      '',
      `${width} × ${height} pixels: the app saves them in ${milliseconds(appMs)} (${megabytes(appBytes)} MB), Chromium’s \`canvas.toBlob\` in the`,
      `same window makes them in ${milliseconds(toBlobMs)} (${megabytes(toBlobBytes)} MB, not yet in a file): the app takes ${ratio.toFixed(2)} of the time.`,
      '',
    );
  }
  if (report.queue) lines.push(...queueLines(report.queue));
  if (report.list) lines.push(...listLines(report.list));
  if (report.firstRun) lines.push(...firstRunLines(report.firstRun));
  if (missing.length > 0) lines.push('## Missing', '', ...missing.map((line) => `- ${line}`), '');
  return lines.join('\n');
}

function queueLines(rows: QueueRow[]): string[] {
  return [
    '## A queue',
    '',
    'From Start until the last file is saved, the session open. *Decoder alone*: the app’s own, with as many at once as the app has and nothing behind',
    'it. *Engines alone*: the bare loop for as many tiles or runs. *Encoder alone*: as many results, in as many processes and as many at once as the app has.',
    'They overlap in the app, so the longest is the least that a queue can take. Memory: the most of all the app’s processes together.',
    'Written by `npm run bench:app -- --queue`.',
    '',
    '| engine | pictures | written as | queue | decoder alone | engines alone | encoder alone | queue / longest | memory | on | taken |',
    '|---|---|---|---:|---:|---:|---:|---:|---:|---|---|',
    ...rows.map(
      (row) =>
        `| ${[
          `${row.tool} ${row.profile}`,
          `${row.pictures} × ${row.megapixels} MP`,
          row.format.toUpperCase(),
          milliseconds(row.seconds * 1000),
          row.decodeOnlySeconds === undefined ? '–' : milliseconds(row.decodeOnlySeconds * 1000),
          milliseconds(row.bareLoopSeconds * 1000),
          row.encodeOnlySeconds ? milliseconds(row.encodeOnlySeconds * 1000) : '–',
          row.ratio.toFixed(2),
          `${megabytes(row.peakBytes)} MB`,
          `${row.gpu}, driver ${row.driver}, ${row.cores} cores`,
          row.taken.slice(0, 16).replace('T', ' '),
        ].join(' | ')} |`,
    ),
    '',
  ];
}

function listLines({ files, megapixels, listedMs, addedBytes, taken }: ListRow): string[] {
  return [
    '## A large folder',
    '',
    `${files} pictures of ${megapixels} megapixels in one folder: listed ${milliseconds(listedMs)} after they were chosen; the list, scrolled from end to end,`,
    `and its thumbnails add ${megabytes(addedBytes)} MB to all the app’s processes together. ${taken.slice(0, 10)}, no GPU needed. Written by`,
    '`npm run bench:app -- --list`.',
    '',
  ];
}

function firstRunLines(run: FirstRun): string[] {
  return [
    '## The first start',
    '',
    `Nothing prepared, the driver’s own cache empty, ${run.launches} launches, the middle one of each figure, ${run.taken.slice(0, 10)}. A person reads the first`,
    `screen for 1.5 s, clicks Prepare and opens a picture meanwhile; ${run.chosen} is the chosen tool. Written by \`npm run bench:app -- --first-run\`.`,
    '',
    '| from | to | time |',
    '|---|---|---:|',
    `| Prepare | first pixels of the GPU’s picture | ${milliseconds(run.firstPictureMs)} |`,
    `| Prepare | every model ready | ${milliseconds(run.allReadyMs)} |`,
    `| Prepare | every model ready, beside a job that began on the processor | ${milliseconds(run.allReadyMsBesideJob)} |`,
    ...(run.firstPictureMsWithKernels && run.allReadyMsWithKernels
      ? [
          `| Prepare, kernels of this card shipped | first pixels of the GPU’s picture | ${milliseconds(run.firstPictureMsWithKernels)} |`,
          `| Prepare, kernels of this card shipped | every model ready | ${milliseconds(run.allReadyMsWithKernels)} |`,
        ]
      : []),
    `| second start | GPU ready | ${milliseconds(run.secondReadyMs)} |`,
    ...(run.planLoadMs && run.secondReadyRatio
      ? [
          `| start of a bare Electron | plan and context of the chosen tool loaded; the GPU’s second ready is × ${run.secondReadyRatio.toFixed(2)} | ${milliseconds(run.planLoadMs)} |`,
        ]
      : []),
    ...(run.usableMs ? [`| second start | a picture can be opened and started | ${milliseconds(run.usableMs)} |`] : []),
    `| start | window painted | ${milliseconds(run.windowMs)} |`,
    `| start of a bare Electron | window painted | ${milliseconds(run.bareElectronMs)} |`,
    '',
    ...(run.handOver ? handOverLines(run.handOver) : []),
  ];
}

function handOverLines(job: HandOver): string[] {
  const moves = job.moves.map(
    ({ from, to, tile, atMs }) => `from ${from} to ${to} after ${tile} tiles and ${milliseconds(atMs)}`,
  );
  return [
    `A job that began meanwhile (${job.model}, ${job.width} × ${job.height} out) moved ${moves.join(', ')}. It took`,
    `${milliseconds(job.jobMs)}; at its first pace it would have taken ${milliseconds(job.firstDeviceAloneMs)}, on the GPU alone ${milliseconds(job.gpuAloneMs)}. Where tiles of`,
    `two devices meet the result is ${job.seamDb} dB from the GPU’s own, as a whole ${job.wholeDb} dB.`,
    '',
  ];
}

/** Each job that was measured before, beside the same one now. Markdown, without a heading. */
export function appLines({ date, gpu, driver, electron, results, before }: AppReport): string[] {
  const now = date ? `${gpu}, driver ${driver}, Electron ${electron}, ${date.slice(0, 10)}` : 'not measured yet';
  return [
    `Before: ${before.gpu}, ${before.date}. ${before.how}`,
    '',
    `After: ${now}. In brackets the share of the bare loop.`,
    '',
    '| engine | picture | window drawn by | bare before | app before | bare after | app after |',
    '|---|---|---|---:|---:|---:|---:|',
    ...before.jobs.flatMap((job) =>
      (['gpu', 'software'] as const).map((compositing) => {
        const { model, profile, width, height, bare } = job;
        const after = results.find(
          (row) =>
            row.model === model &&
            row.profile === profile &&
            row.width === width &&
            row.height === height &&
            row.compositing === compositing,
        );
        const cells = [
          `${model} ${profile}`,
          `${width} × ${height}`,
          drawnBy[compositing],
          figures(bare),
          share(job[compositing], bare),
          after ? figures(after.bareTilesPerSecond) : '–',
          share(after?.appTilesPerSecond ?? null, after?.bareTilesPerSecond ?? 1),
        ];
        return `| ${cells.join(' | ')} |`;
      }),
    ),
  ];
}

const drawnBy = { gpu: 'GPU', software: 'software' } as const;

const figures = (value: number): string => (value >= 100 ? value.toFixed(0) : `${Number(value.toPrecision(3))}`);
const milliseconds = (ms: number): string => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toPrecision(3)} s`);
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

function share(rate: number | null, bare: number): string {
  if (rate === null) return '–';
  const ratio = rate / bare;
  return `${figures(rate)} (${ratio.toPrecision(ratio < 0.1 ? 1 : 2)})`;
}
