/** A fake `window.refit` for working on the window without main: no GPU and no models, made-up answers. */
import type { Arguments, ChangedEvent, OutputsEvent, RecentItem, RefitApi } from '../../app/contract';
import { wholeCut } from '../../app/cut';
import { AppError } from '../../app/errors';
import { emptyQueue } from '../../app/queue';
import { type AppState, type Event, initialState, type NumberedEvent, next, type OpenPicture } from '../../app/states';
import { coreOf, cropImage, cutTile, planTiles } from '../../app/tiles';
import type { Cut, ToolAnswer } from '../../app/toolAnswer';
import { createFakeQueue } from './fakeQueue';
import { emptyPlane, type Plane, Planes, put, scaled } from './layers';
import { fakeOutputs, fakeTile } from './pictures';
import { models, preparation, queueApp, queueScenes, readyOnGpu, scenes, skipped, workScenes } from './scenes';

const query = new URLSearchParams(location.search);
/** Milliseconds a tile, `?tile=60`. */
const tileMs = Number(query.get('tile') ?? 60);

const ok = <T>(value: T) => ({ ok: true as const, value });
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const scene = query.get('scene') ?? 'found';
let state: AppState = (scene in queueScenes ? queueApp : { ...scenes, ...workScenes }[scene]) ?? initialState;
let sequence = 0;
const eventListeners = new Set<(event: NumberedEvent) => void>();
const changedListeners = new Set<(changed: ChangedEvent) => void>();
const outputsListeners = new Set<(outputs: OutputsEvent) => void>();
let jobId = 0;
let cancelled = false;

function send(event: Event): void {
  state = next(state, event);
  sequence += 1;
  for (const listener of eventListeners) listener({ sequence, event });
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function prepareAll(): Promise<void> {
  send({ kind: 'preparing', facts: preparation.facts, rows: preparation.waiting });
  const started = Date.now();
  for (const row of preparation.allDone) {
    if (row.phase !== 'done') continue;
    const { model, onnxBytes } = row;
    const weights = 8;
    send({ kind: 'row', row: { model, onnxBytes, phase: 'verifying' } });
    await wait(150);
    for (let share = 0; share <= 1; share += 0.1) {
      const bytesDone = onnxBytes * share;
      send({
        kind: 'row',
        row: {
          model,
          onnxBytes,
          phase: 'refitting',
          weightsDone: Math.round(weights * share),
          weightsTotal: weights,
          bytesDone,
          bytesTotal: onnxBytes,
        },
      });
      await wait(60);
    }
    for (const phase of ['serializing', 'checking', 'timing', 'saving'] as const) {
      send({ kind: 'row', row: { model, onnxBytes, phase } });
      await wait(200);
    }
    send({ kind: 'row', row });
  }
  send({ kind: 'prepared', elapsedMs: Date.now() - started });
}

const planes = new Planes();
let begun: { told: OpenPicture; plane: Plane } | undefined;

const startJob: RefitApi['startJob'] = async (job) => {
  const model = models.find((m) => m.id === job.model);
  const { original } = planes.shown;
  if (!model || !original) return { ok: false, error: new AppError('MODEL_MISSING', { model: job.model }).toReport() };
  const id = ++jobId;
  cancelled = false;
  const device = state.setup.kind === 'ready' ? state.setup.device.kind : 'cpu';
  const startedAt = Date.now();
  const base = { id, model: model.id, device } as const;
  const { flow } = model;
  send({ kind: 'result', result: null });
  void (async () => {
    if (flow.kind === 'whole') {
      send({ kind: 'job', job: { kind: 'running', ...base, done: 0, total: 1, elapsedMs: 0 } });
      await wait(600);
      const outputs = fakeOutputs(model.id, model.profile);
      for (const listener of outputsListeners) listener({ jobId: id, outputs });
      return;
    }
    const side = 128;
    const tiles = planTiles(original.width, original.height, side, side, flow.overlap);
    const total = tiles.length;
    const result = emptyPlane(original.width * flow.scale, original.height * flow.scale);
    planes.shown.result = result;
    planes.there = [];
    const told = { id, model: model.id, width: result.width, height: result.height, pixels: true, transparent: false };
    send({ kind: 'result', result: { ...told, kind: 'growing', note: null } });
    const source = { ...original, rgb: scaled(original, original.width, original.height) };
    for (const [done, tile] of tiles.entries()) {
      send({ kind: 'job', job: { kind: 'running', ...base, done, total, elapsedMs: Date.now() - startedAt } });
      await wait(tileMs);
      if (cancelled) {
        send({ kind: 'result', result: done > 0 ? { ...told, kind: 'partial', note: null } : null });
        send({ kind: 'job', job: { kind: 'cancelled', id, model: model.id, done, total } });
        return;
      }
      const pixels = new Uint8Array(side * side * 3);
      cutTile(source, tile, side, side, pixels);
      const { crop, rect } = coreOf(tile, flow.scale);
      const rgb = new Uint8Array(rect.width * rect.height * 3);
      cropImage(fakeTile(pixels, side, flow.scale), side * flow.scale, crop, rgb);
      put(result, rect, rgb);
      planes.there.push(rect);
      for (const listener of changedListeners) listener({ id, rects: [rect] });
    }
    planes.there = null;
    send({ kind: 'result', result: { ...told, kind: 'finished', note: null } });
    send({ kind: 'job', job: { kind: 'done', ...base, total, elapsedMs: Date.now() - startedAt } });
  })();
  return ok({ jobId: id });
};

/** The last mask that a tool answered: a change of the cut-out begins from it. */
let mask: Extract<ToolAnswer, { kind: 'alpha' }> | undefined;

/** Applies a tool's answer to the picture, and shows the result. */
function showAnswer(
  id: number,
  model: string,
  { answer, note }: Pick<Arguments<'job:finish'>, 'answer' | 'note'>,
  cut: Cut = wholeCut,
): void {
  const { original } = planes.shown;
  if (!original) return;
  const { width, height } = original;
  const result = { width, height, rgba: original.rgba.slice() };
  if (answer.kind === 'alpha') mask = answer;
  if (answer.kind === 'alpha' && cut.base === 'found' && cut.ground.kind !== 'blur')
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const from = Math.floor((y * answer.height) / height) * answer.width + Math.floor((x * answer.width) / width);
        result.rgba[(y * width + x) * 4 + 3] = answer.bytes[from] ?? 255;
      }
  planes.shown.result = result;
  planes.there = null;
  const told = { id, model, width, height, kind: 'finished', note } as const;
  const transparent = answer.kind === 'alpha' && cut.ground.kind === 'transparent';
  const regions = answer.kind === 'text' ? { regions: answer.regions } : {};
  const hides = answer.kind === 'hide' ? { hides: answer } : {};
  const cuts = answer.kind === 'alpha' ? { cut } : {};
  send({
    kind: 'result',
    result: { ...told, transparent, pixels: answer.kind !== 'text', ...regions, ...hides, ...cuts },
  });
}

const recent: RecentItem[] = [
  { id: 1, kind: 'folder', name: 'Holiday', folder: 'Pictures' },
  { id: 2, kind: 'picture', name: 'cat.png', folder: 'Downloads' },
];

window.refit = {
  getState: async () => ok({ sequence, state }),
  listModels: async () => ok(models),
  listVersions: async () =>
    ok([
      { version: 'a'.repeat(64), installedAt: null, chosen: false },
      { version: 'b'.repeat(64), installedAt: '2026-11-20T10:00:00.000Z', chosen: true },
    ]),
  installWeights: async () => ok({ kind: 'cancelled' }),
  chooseVersion: async () => ok(null),
  // The first version leaves the picture as it is, the second lightens it.
  compareVersions: async ({ model, note }) => {
    await wait(600);
    const info = models.find(({ id }) => id === model);
    const { original } = planes.shown;
    if (!info || !original) return { ok: false, error: new AppError('MODEL_MISSING', { model }).toReport() };
    const id = ++jobId;
    if (info.flow.kind !== 'tiles')
      return ok({ jobId: id, outputs: [fakeOutputs(model, info.profile), fakeOutputs(model, info.profile)] });
    const { width, height, rgba } = original;
    planes.shown.before = original;
    planes.shown.result = { width, height, rgba: rgba.map((value) => Math.min(255, value + 40)) };
    const told = { id, model, width, height, kind: 'finished', pixels: true, transparent: false, note } as const;
    send({ kind: 'result', result: { ...told, compared: true } });
    return ok({ jobId: id, outputs: null });
  },
  showCompared: async ({ jobId: id, answers }) => {
    showAnswer(id, 'cut-out', { answer: answers[1], note: null });
    return ok(null);
  },
  prepare: async () => {
    void prepareAll();
    return ok(null);
  },
  continueSetup: async () => {
    const to = state.setup.kind === 'prepared' ? readyOnGpu : skipped;
    if (to.kind === 'ready') send({ kind: 'ready', device: to.device });
    return ok(null);
  },
  retry: async () => {
    send({ kind: 'detect' });
    await wait(600);
    if (scenes.found?.setup.kind === 'found') send(scenes.found.setup);
    return ok(null);
  },
  chooseDevice: async (preference) => {
    send({ kind: 'preference', preference });
    const { gpus, setup } = state;
    const wanted = gpus.rows.find(({ gpu }) => gpu.uuid === preference.gpu) ?? gpus.rows[0];
    if (wanted && setup.kind === 'found') send({ ...setup, facts: { ...setup.facts, gpu: wanted.gpu } });
    return ok(null);
  },
  chooseTool: async () => ok(null),
  startJob,
  expectJob: async () => ok(null),
  runParts: async ({ jobId: id, model, done, total, pictures }) => {
    const outputs: OutputsEvent['outputs'][] = [];
    for (const part of pictures) {
      const { job } = state;
      if (job.kind !== 'running' || job.id !== id)
        return { ok: false, error: new AppError('BAD_MESSAGE', { channel: 'job:parts' }).toReport() };
      send({ kind: 'job', job: { ...job, done: done + outputs.length, total } });
      await wait(tileMs);
      outputs.push(fakeOutputs(model, part));
    }
    return ok(outputs);
  },
  finishJob: async ({ jobId: id, ...finished }) => {
    const { job } = state;
    if (job.kind === 'running' && job.id === id) {
      const { model, device, elapsedMs } = job;
      showAnswer(id, model, finished);
      send({ kind: 'job', job: { kind: 'done', id, model, device, total: 1, elapsedMs } });
    }
    return ok(null);
  },
  changeAnswer: async ({ jobId: id, answer }) => {
    const { result } = state;
    if (result?.id !== id) return ok(null);
    if (answer.kind === 'hide') showAnswer(id, result.model, { answer, note: result.note });
    // Strokes change nothing here: only a host draws them.
    else if (mask) showAnswer(id, result.model, { answer: mask, note: result.note }, answer);
    return ok(null);
  },
  cancelJob: async () => {
    cancelled = true;
    const { job } = state;
    const isWhole = models.find(({ id }) => job.kind === 'running' && id === job.model)?.flow.kind === 'whole';
    if (job.kind === 'running' && isWhole) send({ kind: 'job', job: { ...job, kind: 'cancelled' } });
    return ok(null);
  },
  createPicture: async ({ alpha: _, metadata: __, ...facts }) => {
    const told = { ...facts, id: ++jobId, transparent: false };
    begun = { told, plane: emptyPlane(facts.width, facts.height) };
    return ok({ id: told.id });
  },
  sendRows: async ({ y, rgb, alpha }) => {
    if (!begun) return ok(null);
    const { width } = begun.told;
    const rows = rgb.length / 3 / width;
    put(begun.plane, { x: 0, y, width, height: rows }, rgb);
    for (const [i, value] of (alpha ?? []).entries()) begun.plane.rgba[(y * width + i) * 4 + 3] = value;
    return ok(null);
  },
  showPicture: async ({ transparent }) => {
    if (!begun) return ok(null);
    planes.shown.original = begun.plane;
    send({ kind: 'picture', picture: { ...begun.told, transparent } });
    return ok(null);
  },
  view: async (wanted) => {
    const view = planes.view(wanted);
    return view ? ok(view) : { ok: false, error: new AppError('BAD_MESSAGE', { channel: 'view' }).toReport() };
  },
  cut: async ({ width, height }) => ok({ rgba: new Uint8Array(width * height * 4).fill(200) }),
  sample: async () => {
    const url = query.get('sample') ?? '';
    const answer = await fetch(url);
    if (!answer.ok) return { ok: false, error: new AppError('FILE_MISSING', { file: url || 'sample.png' }).toReport() };
    return ok({ name: url.split('/').at(-1) ?? 'sample.png', bytes: new Uint8Array(await answer.arrayBuffer()) });
  },
  save: async ({ suggestedName }) => {
    if (state.result) send({ kind: 'result', result: { ...state.result, kept: true } });
    return ok({ kind: 'saved', name: suggestedName, folder: 'Pictures' });
  },
  cancelSave: async () => ok(null),
  useResult: async () => {
    const { picture, result } = state;
    if (!picture || !result || !planes.shown.result) return ok(null);
    planes.shown.original = planes.shown.result;
    const { width, height, transparent } = result;
    send({ kind: 'picture', picture: { ...picture, id: ++jobId, width, height, transparent } });
    return ok(null);
  },
  saveText: async ({ suggestedName }) => ok({ kind: 'saved', name: suggestedName, folder: 'Documents' }),
  copyText: async () => ok(null),
  showInFolder: async () => ok(null),
  takeGiven: async () => ok(null),
  openGiven: async () => ok(null),
  listRecent: async () => ok(recent),
  addRecent: async () => ok(null),
  openRecent: async () => ok(null),
  clearRecent: async () => ok(null),
  ...createFakeQueue(queueScenes[scene] ?? emptyQueue, (plane, name) => {
    planes.shown.original = plane;
    const { width, height } = plane;
    send({
      kind: 'picture',
      picture: { id: ++jobId, name, width, height, transparent: false, displayP3: false, notes: [] },
    });
  }),
  restart: async () => ok(null),
  leave: async () => ok(null),
  onEvent: (listener) => listen(eventListeners, listener),
  onChanged: (listener) => listen(changedListeners, listener),
  onSaving: () => () => {},
  onOutputs: (listener) => listen(outputsListeners, listener),
  onLeaving: () => () => {},
  onGiven: () => () => {},
};
