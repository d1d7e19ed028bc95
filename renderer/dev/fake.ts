/** A pretended `window.refit` for working on the window without main: no GPU, no models, pictures drawn by hand. */
import type { OutputsEvent, RefitApi, TileEvent } from '../../app/contract';
import { AppError } from '../../app/errors';
import { type AppState, type Event, initialState, next } from '../../app/states';
import { coreOf, cropImage, cutTile, planTiles } from '../../app/tiles';
import { fakeOutputs, fakeTile } from './pictures';
import { models, preparation, readyOnGpu, scenes, skipped } from './scenes';

const query = new URLSearchParams(location.search);
/** Milliseconds a tile, `?tile=60`. */
const tileMs = Number(query.get('tile') ?? 60);

const ok = <T>(value: T) => ({ ok: true as const, value });
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let state: AppState = scenes[query.get('scene') ?? 'found'] ?? initialState;
const stateListeners = new Set<(state: AppState) => void>();
const tileListeners = new Set<(tile: TileEvent) => void>();
const outputsListeners = new Set<(outputs: OutputsEvent) => void>();
let jobId = 0;
let cancelled = false;

function send(event: Event): void {
  state = next(state, event);
  for (const listener of stateListeners) listener(state);
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

const startJob: RefitApi['startJob'] = async (job) => {
  const model = models.find((m) => m.id === job.model);
  if (!model) return { ok: false, error: new AppError('MODEL_MISSING', { model: job.model }).toReport() };
  const id = ++jobId;
  cancelled = false;
  const device = state.setup.kind === 'ready' ? state.setup.device.kind : 'cpu';
  const startedAt = Date.now();
  const base = { id, model: model.id, device } as const;
  const { flow } = model;
  void (async () => {
    if (flow.kind === 'whole') {
      send({ kind: 'job', job: { kind: 'running', ...base, done: 0, total: 1, elapsedMs: 0 } });
      await wait(600);
      const outputs = fakeOutputs(model.id, job);
      for (const listener of outputsListeners) listener({ jobId: id, outputs });
      if (models.some(({ partOf }) => partOf === model.id)) return;
      send({ kind: 'job', job: { kind: 'done', ...base, total: 1, elapsedMs: Date.now() - startedAt } });
      return;
    }
    const side = 128;
    const tiles = planTiles(job.width, job.height, side, side, flow.overlap);
    const total = tiles.length;
    for (const [done, tile] of tiles.entries()) {
      send({ kind: 'job', job: { kind: 'running', ...base, done, total, elapsedMs: Date.now() - startedAt } });
      await wait(tileMs);
      if (cancelled) {
        send({ kind: 'job', job: { kind: 'cancelled', id, model: model.id, done, total } });
        return;
      }
      const pixels = new Uint8Array(side * side * 3);
      cutTile(job, tile, side, side, pixels);
      const { crop, rect } = coreOf(tile, flow.scale);
      const rgb = new Uint8Array(rect.width * rect.height * 3);
      cropImage(fakeTile(pixels, side, flow.scale), side * flow.scale, crop, rgb);
      for (const listener of tileListeners) listener({ jobId: id, rect, rgb });
    }
    send({ kind: 'job', job: { kind: 'done', ...base, total, elapsedMs: Date.now() - startedAt } });
  })();
  return ok({ jobId: id });
};

window.refit = {
  getState: async () => ok(state),
  listModels: async () => ok(models),
  listVersions: async () =>
    ok([
      { version: 'a'.repeat(64), installedAt: null, chosen: false },
      { version: 'b'.repeat(64), installedAt: '2026-11-20T10:00:00.000Z', chosen: true },
    ]),
  installWeights: async () => ok({ kind: 'cancelled' }),
  chooseVersion: async () => ok(null),
  // The first version leaves the picture as it is, the second lightens it.
  compareVersions: async ({ model, width, height, rgb }) => {
    await wait(600);
    const flow = models.find(({ id }) => id === model)?.flow;
    if (flow?.kind !== 'tiles')
      return ok([fakeOutputs(model, { width, height }), fakeOutputs(model, { width, height })]);
    const light = rgb.map((value) => Math.min(255, value + 40));
    const shape = [1, height, width, 3];
    return ok([[{ name: 'pixels', shape, bytes: rgb }], [{ name: 'pixels', shape, bytes: light }]]);
  },
  prepare: async () => {
    void prepareAll();
    return ok(null);
  },
  goOn: async () => {
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
  startJob,
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
  finishJob: async (id) => {
    const { job } = state;
    if (job.kind === 'running' && job.id === id) {
      const { model, device, elapsedMs } = job;
      send({ kind: 'job', job: { kind: 'done', id, model, device, total: 1, elapsedMs } });
    }
    return ok(null);
  },
  cancelJob: async () => {
    cancelled = true;
    const { job } = state;
    const isWhole = models.find(({ id }) => job.kind === 'running' && id === job.model)?.flow.kind === 'whole';
    if (job.kind === 'running' && isWhole) send({ kind: 'job', job: { ...job, kind: 'cancelled' } });
    return ok(null);
  },
  tileShown: async () => ok(null),
  sample: async () => {
    const url = query.get('sample') ?? '';
    const answer = await fetch(url);
    if (!answer.ok) return { ok: false, error: new AppError('FILE_MISSING', { file: url || 'sample.png' }).toReport() };
    return ok({ name: url.split('/').at(-1) ?? 'sample.png', bytes: new Uint8Array(await answer.arrayBuffer()) });
  },
  save: async ({ suggestedName }) => ok({ kind: 'saved', name: suggestedName, folder: 'Pictures' }),
  copyText: async () => ok(null),
  showInFolder: async () => ok(null),
  restart: async () => ok(null),
  onState: (listener) => listen(stateListeners, listener),
  onTile: (listener) => listen(tileListeners, listener),
  onOutputs: (listener) => listen(outputsListeners, listener),
};
