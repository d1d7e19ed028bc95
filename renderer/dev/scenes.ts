/** States to look at while working on the window: `dev/index.html?scene=found`. Figures are made up. */
import type { ModelInfo } from '../../app/contract';
import { AppError } from '../../app/errors';
import { rankGpus } from '../../app/gpus';
import type { Gpu } from '../../app/machine';
import { defaultQuality } from '../../app/pictureLimits';
import {
  emptyQueue,
  type ItemState,
  type QueueItem,
  type QueueSettings,
  type QueueState,
  type Recipe,
} from '../../app/queue';
import {
  type AppState,
  type EngineRow,
  type GpuFacts,
  initialState,
  type Job,
  type OpenPicture,
  type PrepareRow,
  type Result,
  type Setup,
} from '../../app/states';
import type { TextRegion } from '../../app/toolAnswer';

const licence = { spdx: 'BSD-3-Clause', holder: 'Xintao Wang', origin: 'Real-ESRGAN' };

export const models: ModelInfo[] = [
  {
    id: 'photo-x4',
    name: 'Photo ×4',
    summary: 'Makes a photo four times as large, with detail that looks real.',
    icon: 'photo',
    flow: { kind: 'tiles', scale: 4, overlap: 16, cpuTile: 128 },
    profile: { width: 256, height: 256 },
    outputs: [{ name: 'pixels', dtype: 'uint8' }],
    licence,
  },
  {
    id: 'fast-x4',
    name: 'Fast ×4',
    summary: 'Four times as large in a fraction of the time; best for drawings.',
    icon: 'fast',
    flow: { kind: 'tiles', scale: 4, overlap: 16, cpuTile: 128 },
    profile: { width: 256, height: 256 },
    outputs: [{ name: 'pixels', dtype: 'uint8' }],
    licence,
  },
  {
    id: 'cut-out',
    name: 'Cut out',
    summary: 'Keeps the subject and makes everything behind it transparent.',
    icon: 'scissors',
    flow: { kind: 'whole', fit: 'stretch' },
    profile: { width: 320, height: 320 },
    outputs: [{ name: 'mask', dtype: 'float32' }],
    licence: { spdx: 'Apache-2.0', holder: 'Xuebin Qin and others', origin: 'U²-Net' },
  },
  {
    id: 'blur-faces',
    name: 'Blur faces',
    summary:
      'Finds faces in a picture and hides them. Look before you share it, and add a box where a face was missed.',
    icon: 'face',
    flow: { kind: 'whole', fit: 'contain' },
    profile: { width: 512, height: 512 },
    outputs: ['heatmap', 'scale', 'offset', 'landmarks'].map((name) => ({ name, dtype: 'float32' })),
    licence: { spdx: 'MIT', holder: 'Star Clouds', origin: 'CenterFace' },
  },
  {
    id: 'drawing-x4',
    name: 'Drawing ×4',
    summary: 'Makes a drawing, cartoon or logo four times as large, with clean lines and flat colours.',
    icon: 'drawing',
    flow: { kind: 'tiles', scale: 4, overlap: 16, cpuTile: 128 },
    profile: { width: 256, height: 256 },
    outputs: [{ name: 'pixels', dtype: 'uint8' }],
    licence,
  },
  {
    id: 'read-text',
    name: 'Read text',
    summary: 'Finds the text in a photo or a screenshot and lets you select, copy and save it.',
    icon: 'text',
    gives: 'text',
    flow: { kind: 'whole', fit: 'contain' },
    profile: { width: 960, height: 960 },
    outputs: [{ name: 'text', dtype: 'uint8' }],
    licence: { spdx: 'Apache-2.0', holder: 'PaddlePaddle', origin: 'PP-OCRv6' },
  },
  {
    id: 'read-text-lines',
    name: 'Read text · lines',
    summary: 'Reads one line of text that Read text has found.',
    icon: 'text',
    partOf: 'read-text',
    flow: { kind: 'whole', fit: 'contain' },
    profile: { width: 640, height: 48 },
    outputs: ['index', 'score'].map((name) => ({ name, dtype: 'float32' })),
    licence: { spdx: 'Apache-2.0', holder: 'PaddlePaddle', origin: 'PP-OCRv6' },
  },
];

const facts: GpuFacts = {
  gpu: {
    index: 0,
    name: 'NVIDIA GeForce RTX 4070',
    uuid: 'GPU-0',
    computeCapability: { major: 8, minor: 9 },
    vramBytes: 12_878_086_144,
    multiprocessors: 46,
    clockKhz: 2_475_000,
  },
  driver: { version: '580.159.04', cudaVersion: 13000 },
  runtime: 'tensorrt-rtx 1.6.1',
};

const tooSmall = new AppError('GPU_TOO_SMALL', {
  gpu: facts.gpu.name,
  haveBytes: facts.gpu.vramBytes,
  needBytes: 14e9,
});
const onnxBytes: Record<string, number> = {
  'photo-x4': 33.5e6,
  'fast-x4': 1.25e6,
  'cut-out': 4.57e6,
  'blur-faces': 7.3e6,
  'drawing-x4': 8.97e6,
  'read-text': 9.86e6,
  'read-text-lines': 21.1e6,
};
const waiting = (model: string): PrepareRow => ({ model, onnxBytes: onnxBytes[model] ?? 1, phase: 'waiting' });
const done = (model: string, elapsedMs: number): PrepareRow => {
  const bytes = onnxBytes[model] ?? 1;
  return { model, onnxBytes: bytes, phase: 'done', elapsedMs, weightBytes: bytes, planBytes: bytes * 1.04 };
};
const allDone = [
  done('photo-x4', 4120),
  done('fast-x4', 610),
  done('cut-out', 890),
  done('blur-faces', 740),
  done('drawing-x4', 1240),
  done('read-text', 820),
  done('read-text-lines', 960),
];
const notKept = new AppError('CACHE_FULL', { neededBytes: 48e6 }, 'ENOSPC: no space left on device, write').toReport();
const oldDriver = new AppError(
  'DRIVER_TOO_OLD',
  { version: '528.49', needed: '570' },
  'cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)',
);
const failed = ({ model, onnxBytes: size }: PrepareRow): PrepareRow => {
  const name = models.find(({ id }) => id === model)?.name ?? model;
  const reason = new AppError('PLAN_WRONG', { model: name }, 'pixels: off by 214, 2 allowed').toReport();
  return { model, onnxBytes: size, phase: 'failed', reason };
};

const preparingRows: PrepareRow[] = [
  {
    model: 'photo-x4',
    onnxBytes: 33.5e6,
    phase: 'refitting',
    weightsDone: 5,
    weightsTotal: 8,
    bytesDone: 21e6,
    bytesTotal: 33.4e6,
  },
  done('fast-x4', 610),
  { model: 'cut-out', onnxBytes: 4.57e6, phase: 'timing', race: { done: 1, total: 4 } },
  waiting('blur-faces'),
  waiting('drawing-x4'),
  waiting('read-text'),
  waiting('read-text-lines'),
];

const timed = allDone.map((row): PrepareRow => (row.phase === 'done' ? { ...row, timed: 4, perSecond: 6e7 } : row));
const onGpu: Setup = { kind: 'ready', device: { kind: 'gpu', facts, rows: allDone } };
const state = (setup: Setup, notices: AppState['notices'] = []): AppState => ({
  ...initialState,
  setup,
  gpus: { rows: [{ gpu: facts.gpu, serves: true }], merit: null },
  notices,
});

const large: Gpu = {
  ...facts.gpu,
  index: 1,
  name: 'NVIDIA GeForce RTX 4090',
  uuid: 'GPU-1',
  vramBytes: 25_757_220_864,
  multiprocessors: 128,
};
const old: Gpu = {
  ...facts.gpu,
  index: 2,
  name: 'NVIDIA GeForce GTX 1080 Ti',
  uuid: 'GPU-2',
  computeCapability: { major: 6, minor: 1 },
  vramBytes: 11_811_160_064,
};
const several = rankGpus([facts.gpu, large, old]);
const onLarge: GpuFacts = { ...facts, gpu: large };
const everyEngine: EngineRow[] = models.map(({ id }) => ({
  kind: 'engine',
  model: id,
  profile: 's256',
  target: 'ada',
}));

/** A card of a generation that came after the engines. */
const newer: GpuFacts = {
  ...facts,
  gpu: { ...facts.gpu, name: 'NVIDIA GeForce RTX 5070 Ti', computeCapability: { major: 12, minor: 0 } },
};
/** Several models are at work at once. */
const preparingRowsSeveral: PrepareRow[] = [
  {
    model: 'photo-x4',
    onnxBytes: 33.5e6,
    phase: 'refitting',
    weightsDone: 1,
    weightsTotal: 8,
    bytesDone: 2e6,
    bytesTotal: 33.4e6,
  },
  done('fast-x4', 610),
  { model: 'cut-out', onnxBytes: 4.57e6, phase: 'timing', race: { done: 1, total: 4 } },
  { model: 'blur-faces', onnxBytes: onnxBytes['blur-faces'] ?? 1, phase: 'checking' },
  {
    model: 'drawing-x4',
    onnxBytes: onnxBytes['drawing-x4'] ?? 1,
    phase: 'refitting',
    weightsDone: 1,
    weightsTotal: 6,
    bytesDone: 1e6,
    bytesTotal: onnxBytes['drawing-x4'] ?? 1,
  },
  waiting('read-text'),
  waiting('read-text-lines'),
];

export const scenes: Record<string, AppState> = {
  detecting: state({ kind: 'detecting' }),
  found: state({
    kind: 'found',
    facts,
    engines: everyEngine,
  }),
  foundNewer: state({
    kind: 'found',
    facts: newer,
    engines: everyEngine.map((row) => (row.kind === 'engine' ? { ...row, target: 'portable' } : row)),
  }),
  /** Some tools have an engine of the card's own generation, the others one for all. */
  foundMixed: state({
    kind: 'found',
    facts,
    engines: everyEngine.map((row, i) => (row.kind === 'engine' && i > 2 ? { ...row, target: 'portable' } : row)),
  }),
  foundSeveral: { ...state({ kind: 'found', facts: onLarge, engines: everyEngine }), gpus: several },
  foundSome: state({
    kind: 'found',
    facts,
    engines: models.map(({ id }, i) =>
      i === 0
        ? { kind: 'refused', model: id, reason: tooSmall.toReport() }
        : { kind: 'engine', model: id, profile: 's256', target: 'ada' },
    ),
  }),
  foundNone: state({
    kind: 'found',
    facts,
    engines: models.map(({ id }) => ({ kind: 'refused', model: id, reason: tooSmall.toReport() })),
  }),
  preparing: state({
    kind: 'preparing',
    facts,
    rows: preparingRows,
  }),
  preparingSeveral: state({ kind: 'preparing', facts, rows: preparingRowsSeveral }),
  preparingSome: state({
    kind: 'preparing',
    facts,
    rows: preparingRows.map((row, i) => (i === 1 ? failed(row) : row)),
  }),
  prepared: state({ kind: 'prepared', facts, rows: allDone, elapsedMs: 6360 }),
  preparedSome: state({
    kind: 'prepared',
    facts,
    elapsedMs: 6360,
    rows: allDone.map((row, i): PrepareRow => {
      if (i === 1) return failed(row);
      return i === 0 && row.phase === 'done' ? { ...row, notKept } : row;
    }),
  }),
  preparedNone: state({ kind: 'prepared', facts, elapsedMs: 6360, rows: allDone.map(failed) }),
  gpu: state(onGpu),
  gpuSome: state(
    {
      kind: 'ready',
      device: {
        kind: 'gpu',
        facts,
        rows: allDone.map((row, i) => (i === 1 ? failed(row) : row)),
      },
    },
    [new AppError('CACHE_DAMAGED', { model: 'Photo ×4' }).toReport()],
  ),
  cpu: state({ kind: 'ready', device: { kind: 'cpu', reason: oldDriver.toReport(), facts } }),
  cpuChosen: { ...state(onGpu), preference: { gpu: null, upTo: 'cpu' } },
};

const picture: OpenPicture = {
  id: 1,
  name: 'cat.png',
  width: 300,
  height: 200,
  transparent: false,
  displayP3: false,
  notes: [],
};
const work = (parts: { result?: Result; job?: Job; notes?: OpenPicture['notes'] }): AppState => ({
  ...state(onGpu),
  picture: { ...picture, notes: parts.notes ?? [] },
  result: parts.result ?? null,
  job: parts.job ?? { kind: 'idle' },
});

const resultOf = (model: string, kind: Result['kind'], parts: Partial<Result> = {}): Result => ({
  id: 2,
  model,
  width: picture.width,
  height: picture.height,
  kind,
  pixels: true,
  transparent: false,
  note: null,
  ...parts,
});
const enlarged = (kind: Result['kind']): Result => resultOf('photo-x4', kind, { width: 1200, height: 800 });
const jobDone = (model: string): Job => ({ kind: 'done', id: 2, model, device: 'gpu', total: 6, elapsedMs: 6240 });
const running: Job = {
  kind: 'running',
  id: 2,
  model: 'photo-x4',
  device: 'gpu',
  done: 2,
  total: 6,
  elapsedMs: 2000,
};

/** A line of text `at` so many pixels from the picture's top. */
const line = (text: string, at: number, confidence: number): TextRegion => ({
  text,
  confidence,
  corners: [
    { x: 20, y: at },
    { x: 220, y: at },
    { x: 220, y: at + 20 },
    { x: 20, y: at + 20 },
  ],
});
const textOf = (regions: readonly TextRegion[]): AppState =>
  work({ result: resultOf('read-text', 'finished', { pixels: false, regions }), job: jobDone('read-text') });

/** The work on a picture, at each of its stages. */
export const workScenes: Record<string, AppState> = {
  picture: work({}),
  /** With what each device takes for it. */
  pictureSeveral: {
    ...work({}),
    gpus: several,
    setup: { kind: 'ready', device: { kind: 'gpu', facts: onLarge, rows: timed } },
    webgpu: [{ model: 'photo-x4', kind: 'serves', times: 28, perSecond: 4e6 }],
    tileMs: { 'photo-x4': 9000 },
  },
  pictureNoted: work({ notes: [{ code: 'FIRST_FRAME' }] }),
  running: work({ job: running, result: enlarged('growing') }),
  runningSilent: work({ job: { ...running, silent: true }, result: enlarged('growing') }),
  stopped: work({
    job: { kind: 'cancelled', id: 2, model: 'photo-x4', done: 2, total: 6 },
    result: enlarged('partial'),
  }),
  failed: work({
    job: {
      kind: 'failed',
      id: 2,
      model: 'photo-x4',
      done: 2,
      total: 6,
      reason: new AppError('OUT_OF_MEMORY', { model: 'Photo ×4' }, 'cuMemAlloc: out of memory').toReport(),
    },
  }),
  done: work({ job: jobDone('photo-x4'), result: enlarged('finished') }),
  text: textOf([line('Refit', 20, 0.98), line('puts weights back', 60, 0.42)]),
  noText: textOf([]),
  faces: work({
    job: jobDone('blur-faces'),
    result: resultOf('blur-faces', 'finished', {
      hides: {
        kind: 'hide',
        boxes: [
          { x: 40, y: 30, width: 60, height: 80 },
          { x: 180, y: 40, width: 50, height: 70 },
        ],
        style: 'pixelate',
        strength: 'medium',
      },
    }),
  }),
};

const holiday = ['2023/Norway', '2024/beach', '2024/mountains'];
const pictureNames = ['beach', 'harbour', 'market', 'old town', 'sunset', 'ferry', 'lighthouse'];
/** Pictures of a holiday in three folders, as their files are called. */
export const holidayItems = (
  count: number,
  stateOf: (i: number) => ItemState = () => ({ kind: 'waiting' }),
): QueueItem[] =>
  Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    name: `${pictureNames[i % pictureNames.length]} ${i + 1}.jpg`,
    folder: `Holiday/${holiday[i % holiday.length]}`,
    state: stateOf(i),
  }));

const recipe: Recipe = {
  steps: [{ model: 'photo-x4' }],
  format: 'jpeg',
  quality: defaultQuality,
  size: { kind: 'whole' },
  keepMetadata: true,
  keepPlace: true,
  text: { format: 'txt', together: false },
};
const settings: QueueSettings = { recipe, pattern: '{name} {tool}', keepFolders: true };
const queueOf = (parts: Partial<QueueState>): QueueState => ({ ...emptyQueue, settings, ...parts });
const saved = (i: number): ItemState => ({ kind: 'saved', file: `${i + 1} ×4.jpg`, elapsedMs: 2100 });
const unreadable = (name: string): ItemState => ({
  kind: 'failed',
  reason: new AppError('PICTURE_UNREADABLE', { name }).toReport(),
});
const partly = (i: number): ItemState => {
  if (i < 12) return i === 4 ? unreadable('sunset 5.jpg') : i === 7 ? { kind: 'skipped' } : saved(i);
  if (i === 12) return { kind: 'saving' };
  if (i === 13) return { kind: 'working', step: 0, done: 7, total: 12 };
  return { kind: i === 14 ? 'opening' : 'waiting' };
};
const ended = (i: number): ItemState =>
  i === 4 ? unreadable('sunset 5.jpg') : i === 9 ? { kind: 'failed', reason: emptyFile } : saved(i);
const emptyFile = new AppError('PICTURE_EMPTY', { name: 'market 10.jpg' }).toReport();

/** The queue, at each of its stages. */
export const queueScenes: Record<string, QueueState> = {
  queueWaiting: queueOf({ items: holidayItems(40) }),
  queueRunning: queueOf({
    items: holidayItems(40, partly),
    output: 'Enlarged',
    phase: { kind: 'running', remainingMs: 180_000 },
  }),
  queuePaused: queueOf({ items: holidayItems(40, partly), output: 'Enlarged' }),
  queueEnded: queueOf({
    items: holidayItems(40, ended),
    output: 'Enlarged',
    phase: { kind: 'finished', elapsedMs: 132_000 },
    left: { files: 3, links: 0, unreadable: 1, beyond: 0 },
  }),
  queueChain: queueOf({
    items: holidayItems(6).map((item) => ({ ...item, folder: '' })),
    settings: {
      ...settings,
      recipe: {
        ...recipe,
        steps: [{ model: 'cut-out', ground: { kind: 'colour', colour: '#ffffff' } }, { model: 'photo-x4' }],
      },
    },
  }),
  queueText: queueOf({
    items: holidayItems(8).map((item) => ({
      ...item,
      folder: '',
      ...(item.id === 3 && { steps: [{ model: 'photo-x4' }] }),
    })),
    settings: {
      ...settings,
      recipe: { ...recipe, steps: [{ model: 'read-text' }], text: { format: 'csv', together: true } },
    },
  }),
  queueLarge: queueOf({ items: holidayItems(10_000, (i) => (i < 3000 ? saved(i) : { kind: 'waiting' })) }),
};
/** The app's state that each of them begins in. */
export const queueApp: AppState = state(onGpu);

/** Rows and facts for the fake's own preparation. */
export const preparation = { facts, waiting: models.map(({ id }) => waiting(id)), allDone };
export const readyOnGpu = onGpu;
export const skipped: Setup = {
  kind: 'ready',
  device: { kind: 'cpu', reason: new AppError('SKIPPED_BY_USER', {}).toReport(), facts },
};
