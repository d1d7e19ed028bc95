/**
 * The sentence this app is: catalog → detect → select → verify → refit → cache → session. Each verb is a file of that name;
 * here they are called, once, in that order. (Infer, the last word, is jobs.ts.)
 */
import type { ModelCard } from '../../app/catalog';
import { AppError, type ErrorReport, toReport } from '../../app/errors';
import type { Machine } from '../../app/machine';
import { isTimed, keyOf, nameOf, sameKey } from '../../app/race';
import { selectDevice, selectEngine } from '../../app/select';
import type { Device, EngineRow, GpuFacts, PrepareRow } from '../../app/states';
import type { GpuTask } from '../../host/protocol';
import type { RefitProgress } from '../../native/binding';
import type { Host } from '../hosts/host';
import type { Paths } from '../paths';
import type { Store } from '../store';
import { candidatesOf } from './candidates';
import { prepareOnce } from './once';
import type { RowPhase } from './prepare';
import type { Shipped } from './shipped';
import { findSmaller, smallerThan } from './smaller';

/** The runtime asked for where the catalog cannot say. */
const defaultRuntime = 'tensorrt-rtx 1.6.1';

export interface Setup {
  /** Detects and selects; ends in `found`, or `ready` where nothing is to be asked. Never throws. */
  start(): Promise<void>;
  /** Makes every engine that is not cached. Never throws. */
  prepare(): Promise<void>;
  /** From `detecting`, `found` or `preparing`: the processor for now; what is under way goes on behind. From `prepared`: on to the tools. */
  goOn(): void;
  /** Looks for the GPU again, in a new process, its deaths forgiven. */
  retry(): Promise<void>;
  /** The processor takes over, and says why. */
  fallBack(reason: ErrorReport): void;
  /** Makes one model's engine again, its cache entry having gone bad since the start. Never throws. */
  remake(model: string): Promise<void>;
  /**
   * Lets one model use smaller tiles from now on, until the next start, the GPU's memory being too full for those it had.
   * @returns false where it has none, or they do not run either. Never throws.
   */
  takeSmaller(model: string): Promise<boolean>;
  /** What a model needs to run on the GPU; undefined where the processor has it. */
  gpuTask(model: string): GpuTask | undefined;
  /** The GPU host gives no sign of life, or one again: the model that it is at says so. */
  onQuiet(isQuiet: boolean): void;
  /** To be called with each refitProgress of the host. */
  onRefitProgress(progress: { model: string } & RefitProgress): void;
}

/** One model that this GPU could run. */
interface Model {
  card: ModelCard;
  candidates: GpuTask[];
  /** The candidate that won, here or at an earlier start. */
  winner: GpuTask | undefined;
}

/** @param log called with what is worth a line in the log and no notice. @param cacheKey see cacheKey.ts. */
export function createSetup(
  store: Store,
  host: Host,
  shipped: Shipped,
  paths: Paths,
  cacheDir: string,
  log: (line: string) => void = () => {},
  cacheKey?: string,
): Setup {
  let facts: GpuFacts | undefined;
  let models: Model[] = [];
  /** Models whose engine is cached or made; all others run on the processor. */
  const served = new Set<string>();
  let rows: PrepareRow[] = [];
  let preparing: Promise<void> | undefined;
  /** Stops a preparation's reports from reaching a state they no longer belong to. */
  let round = 0;

  const ready = (device: Device): void => store.emit({ kind: 'ready', device });
  /** The person did not wait until the GPU was found. */
  const isUnasked = (): boolean => store.get().setup.kind === 'ready';
  const readyOnCpu = (reason: ErrorReport): void => ready({ kind: 'cpu', reason, ...(facts && { facts }) });

  async function start(): Promise<void> {
    const own = ++round;
    store.emit({ kind: 'detect' });
    // A preparation of the round before ends after the engine it is at; until then the next could not begin.
    await preparing;
    if (own !== round) return;
    facts = undefined;
    models = [];
    served.clear();
    for (const notice of shipped.notices) store.emit({ kind: 'notice', notice });
    try {
      const runtime = shipped.catalog.engines[0]?.runtime ?? defaultRuntime;
      const machine = await host.call('detect', { addon: paths.addon(runtime), libraries: paths.libraries });
      if (own !== round) return;
      const device = selectDevice(machine);
      if (device.kind === 'cpu') return readyOnCpu(device.reason);
      facts = factsOf(machine, device.gpu);
      await choose(own, facts);
    } catch (error) {
      if (own === round) readyOnCpu(whyNot(error));
    }
  }

  async function choose(own: number, gpuFacts: GpuFacts): Promise<void> {
    const engines: EngineRow[] = [];
    rows = [];
    for (const card of shipped.cards) {
      const row = { model: card.id, onnxBytes: card.onnx.bytes };
      const selected = selectEngine(gpuFacts.gpu, gpuFacts.runtime, card, shipped.catalog);
      if (selected.kind === 'none') {
        engines.push({ kind: 'refused', model: card.id, reason: selected.reason });
        // A tool without an engine keeps its row, so that every screen can say why the processor has it.
        rows.push({ ...row, phase: 'failed', reason: selected.reason });
        continue;
      }
      const { entry, profile, why } = selected.choice;
      const candidates = candidatesOf(card, gpuFacts, shipped.catalog, paths, cacheDir, cacheKey);
      models.push({ card, candidates, winner: undefined });
      rows.push({ ...row, phase: 'waiting' });
      engines.push({ kind: 'engine', model: card.id, profile: profile.id, target: entry.target, why });
    }
    const refusal = engines.find((row) => row.kind === 'refused');
    if (models.length === 0)
      return readyOnCpu(shipped.catalogFault ?? refusal?.reason ?? new AppError('GPU_NONE', {}).toReport());

    await host.call('sweep', { cacheDir });
    let seenBefore = false;
    let changed = false;
    for (const model of models) {
      const { card, candidates } = model;
      const [first] = candidates;
      if (!first) continue;
      const found = await host.call('lookUp', first);
      if (own !== round) return;
      if (found.kind === 'hit') model.winner = candidates.find((task) => sameKey(keyOf(task), found.race.winner));
      if (model.winner) {
        served.add(card.id);
        setRow({ model: card.id, onnxBytes: card.onnx.bytes, phase: 'cached' });
      }
      if (found.kind === 'damaged')
        store.emit({
          kind: 'notice',
          notice: new AppError('CACHE_DAMAGED', { model: card.name }, found.detail).toReport(),
        });
      seenBefore ||= found.kind !== 'absent';
      changed ||= found.kind === 'absent' && found.changed === true;
    }
    if (served.size === models.length) return ready({ kind: 'gpu', facts: gpuFacts, rows });
    // Who has prepared once is not asked again: what is missing is made, and the app goes on by itself.
    if (changed) store.emit({ kind: 'notice', notice: new AppError('CACHE_OUTDATED', {}).toReport() });
    if (seenBefore || changed) {
      if (isUnasked()) readyOnCpu(new AppError('GPU_PREPARING', {}).toReport());
      return prepare().then(goOn);
    }
    // Who went on to work meanwhile is not taken from it: the status line offers to prepare.
    if (isUnasked()) return readyOnCpu(new AppError('SKIPPED_BY_USER', {}).toReport());
    store.emit({ kind: 'found', facts: gpuFacts, engines });
    // What goes wrong here goes wrong again, and is told, when the person says to prepare.
    const [first] = models[0]?.candidates ?? [];
    if (first) host.call('warm', first).catch(() => {});
  }

  function setRow(row: PrepareRow): void {
    rows = rows.map((old) => (old.model === row.model ? row : old));
    store.emit({ kind: 'row', row });
  }

  function prepare(): Promise<void> {
    preparing ??= prepareAll(round).finally(() => {
      preparing = undefined;
    });
    return preparing;
  }

  async function prepareAll(own: number): Promise<void> {
    if (!facts) return;
    const startedAt = performance.now();
    store.emit({ kind: 'preparing', facts, rows });
    for (const model of models) {
      if (!served.has(model.card.id)) await prepareOne(model);
      if (own !== round) return;
    }
    const elapsedMs = performance.now() - startedAt;
    store.emit({ kind: 'prepared', elapsedMs });
    const { setup } = store.get();
    if (setup.kind === 'ready' && setup.device.kind === 'cpu' && setup.device.reason.code === 'GPU_PREPARING') finish();
  }

  /** One model through the sentence; its row shows where it is. A failure costs this model the GPU, nothing else. */
  async function prepareOne(model: Model): Promise<void> {
    const own = round;
    const { card } = model;
    const show = (rest: RowPhase): void => {
      if (own === round) setRow({ model: card.id, onnxBytes: card.onnx.bytes, ...rest } as PrepareRow);
    };
    const startedAt = performance.now();
    try {
      const made = await prepareOnce(host, model.candidates, show, log);
      if (made.kind === 'found') {
        model.winner = made.winner;
        served.add(card.id);
        return show({ phase: 'cached' });
      }
      const { winner, race, weightBytes, planBytes, notKept } = made.prepared;
      for (const row of race.rows) log(`${card.id} ${nameOf(row)}: ${JSON.stringify(row.result)}`);
      model.winner = winner;
      served.add(card.id);
      const elapsedMs = performance.now() - startedAt;
      const timed = race.rows.filter(isTimed).length;
      show({ phase: 'done', elapsedMs, weightBytes, planBytes, timed, ...(notKept && { notKept }) });
      if (notKept) store.emit({ kind: 'notice', notice: notKept });
    } catch (error) {
      served.delete(card.id);
      show({ phase: 'failed', reason: toReport(error) });
    }
  }

  /** From prepared to work: on the GPU if any engine came out well. */
  function finish(): void {
    if (!facts) return;
    const failure = rows.find((row) => row.phase === 'failed');
    if (served.size > 0) ready({ kind: 'gpu', facts, rows });
    else readyOnCpu(failure?.phase === 'failed' ? failure.reason : new AppError('INTERNAL', {}).toReport());
  }

  function goOn(): void {
    const { setup } = store.get();
    if (setup.kind === 'detecting') readyOnCpu(new AppError('GPU_LOOKING', {}).toReport());
    else if (setup.kind === 'found') readyOnCpu(new AppError('SKIPPED_BY_USER', {}).toReport());
    else if (setup.kind === 'preparing') readyOnCpu(new AppError('GPU_PREPARING', {}).toReport());
    else if (setup.kind === 'prepared') finish();
  }

  return {
    start,
    prepare,
    goOn,
    retry: async () => {
      // While it is looking already there is nothing to try again; a window that asks on and on gets nothing by it.
      if (store.get().setup.kind === 'detecting') return;
      host.renew();
      await start();
    },
    fallBack: (reason) => {
      round += 1;
      served.clear();
      readyOnCpu(reason);
    },
    remake: async (id) => {
      const model = models.find(({ card }) => card.id === id);
      if (model) await prepareOne(model);
    },
    takeSmaller: async (id) => {
      const model = models.find(({ card }) => card.id === id);
      if (!model?.winner) return false;
      try {
        await host.call('release', { model: id });
        const smaller = await findSmaller(host, smallerThan(model.winner, model.candidates), log);
        if (smaller) model.winner = smaller;
        return smaller !== undefined;
      } catch (error) {
        const { code, detail } = toReport(error);
        log(`no smaller tiles for ${id}: ${code} ${detail}`);
        return false;
      }
    },
    gpuTask: (model) => {
      const { setup } = store.get();
      if (setup.kind !== 'ready' || setup.device.kind !== 'gpu' || !served.has(model)) return undefined;
      return models.find(({ card }) => card.id === model)?.winner;
    },
    onQuiet: (isQuiet) => {
      for (const row of rows) {
        const { silent, ...rest } = row;
        if (isQuiet && !resting.includes(row.phase)) setRow({ ...rest, silent: true } as PrepareRow);
        else if (silent) setRow(rest as PrepareRow);
      }
    },
    onRefitProgress: ({ model, ...progress }) => {
      const row = rows.find((r) => r.model === model);
      if (row?.phase !== 'refitting') return;
      // All weights are found: what is left of the refit call is the library's, and tells nothing more.
      const isAllFound = progress.weightsTotal > 0 && progress.weightsDone === progress.weightsTotal;
      const { onnxBytes, race, again } = row;
      const base = { model, onnxBytes, ...(race && { race }), ...(again && { again }) };
      setRow(isAllFound ? { ...base, phase: 'serializing' } : { ...base, phase: 'refitting', ...progress });
    },
  };
}

/** Phases in which nothing is done to a model. */
const resting: PrepareRow['phase'][] = ['waiting', 'cached', 'done', 'failed'];

/** A host that ends before it has told anything did not stop in the middle of a picture: it could not start. */
function whyNot(error: unknown): ErrorReport {
  const report = toReport(error);
  if (report.code !== 'HOST_DIED') return report;
  const isHung = error instanceof AppError && (error as AppError<'HOST_DIED'>).params.how === 'hung';
  return new AppError(isHung ? 'GPU_SILENT' : 'ADDON_BROKEN', {}, report.detail).toReport();
}

function factsOf({ driver, runtime }: Machine, gpu: GpuFacts['gpu']): GpuFacts {
  if (driver.kind !== 'known' || runtime.kind !== 'known')
    throw new Error('selectDevice chose a GPU without its facts');
  return { gpu, driver: driver.value, runtime: runtime.value };
}
