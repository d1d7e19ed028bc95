/**
 * This app in one line: catalog → detect → select → verify → refit → cache → session → infer. The catalog is read before (shipped.ts);
 * setup detects and selects here, verifies, refits and caches by prepare.ts; jobs open sessions and infer (devices.ts).
 */
import type { ModelCard } from '../../app/catalog';
import { AppError, type ErrorReport, toReport } from '../../app/errors';
import { rankGpus } from '../../app/gpus';
import type { Gpu, Machine } from '../../app/machine';
import type { Preference } from '../../app/preference';
import { defaultRuntime, runtimesIn } from '../../app/runtimes';
import { selectDevice, selectEngine, selectRuntime } from '../../app/select';
import type { Device, EngineRow, GpuFacts, PrepareRow } from '../../app/states';
import { toolsOf } from '../../app/tools';
import type { GpuTask } from '../../host/protocol';
import type { RefitProgress } from '../../native/binding';
import type { Host } from '../hosts/host';
import type { Paths } from '../paths';
import type { Store } from '../store';
import { candidatesOf, configurationOf, idOf } from './candidates';
import { findSmaller, smallerThan } from './fallbackTiles';
import { createGpuTurns } from './gpuTurns';
import { createPauses } from './pauses';
import { type KeptPreference, unkept } from './preference';
import { createPreparations, doneOf, type Model, type Preparations, type StartPreparer } from './preparations';
import type { Prepared, RowPhase } from './prepare';
import { cachedOf, foundIn, prepareLocked } from './prepareLocked';
import type { Shipped } from './shipped';

export interface Setup {
  /**
   * Detects and selects; ends in `found`, or `ready` where nothing is to be asked. Never throws.
   * @param isReturning the person has used the tools before: they open at once, on the processor until the look has ended.
   * @param mayLook the look waits for it.
   */
  start(isReturning?: boolean, mayLook?: Promise<void>): Promise<void>;
  /** Makes an engine of every model that has none, several side by side; the races follow behind. Never throws. */
  prepare(): Promise<void>;
  /** Resolves once nothing is prepared or raced any more. */
  settled(): Promise<void>;
  /** The person looks at this tool: its engine is made before others that wait. */
  chooseTool(tool: string): void;
  /**
   * On to the tools. From `preparing` with the models that are ready; what was begun goes on behind. Where none is, and from
   * `detecting` and `found`, the processor works for now.
   */
  continueSetup(): void;
  /** Looks for the GPU again, in a new process, its deaths forgiven. */
  retry(): Promise<void>;
  /**
   * Keeps what the person chose to compute on. For another graphics card the engines are made behind the tools, which go on with the
   * next best meanwhile. @throws AppError BAD_MESSAGE, at once, where no engine serves that card.
   */
  chooseDevice(preference: Preference): Promise<void>;
  /** The processor takes over, and says why. */
  fallBack(reason: ErrorReport): void;
  /** Makes one model's engine again: its cache entry was damaged after the start. Never throws. */
  remake(model: string): Promise<void>;
  /**
   * Lets one model use smaller tiles until the next start, because the GPU's memory is too full for its own.
   * @returns false where it has none, or they do not run either. Never throws.
   */
  downgradeTiles(model: string): Promise<boolean>;
  /** What a model needs to run on the GPU; undefined where the processor runs it. */
  gpuTask(model: string): GpuTask | undefined;
  /** The app ends: nothing more is begun, raced or shown. To be called before the hosts close. */
  end(): void;
  /** Does a job's work on the GPU: no candidate is timed meanwhile. @throws what the work throws. */
  withGpu<T>(work: () => Promise<T>): Promise<T>;
  /** To be called with each refitProgress of a host. */
  onRefitProgress(progress: { model: string } & RefitProgress): void;
  /** To be called when the host that jobs use falls silent while it is asked something, and when that has ended. */
  onQuiet(isQuiet: boolean): void;
}

export interface SetupOptions {
  store: Store;
  /** The host that jobs use. */
  host: Host;
  startPreparer: StartPreparer;
  /** See PreparationsOptions. */
  atOnce?: number;
  shipped: Shipped;
  paths: Paths;
  cacheDir: string;
  /** How long no job has worked where a race may begin; given by tests. */
  pauseMs?: number;
  /** Omitted for tools and tests: the best card. */
  preference?: KeptPreference;
  /** What seals the cache's entries (cacheKey.ts); omitted for a tool's own folder. */
  cacheKey?: string;
  /** Called with what is worth a line in the log and no notice. */
  log?(line: string): void;
}

/** One look at the machine, from `start` to the next `start` or the end of the GPU. */
interface Round {
  aborter: AbortController;
  facts?: GpuFacts;
  models: Model[];
  preparations?: Preparations;
  /** The person chose this card from the tools: nobody is asked before its engines are made. */
  goesOn: boolean;
  /** The person did not ask for the tools: they opened at once. */
  isReturning: boolean;
  /** The person took another card, so nobody need be told that the engines are of another. */
  isOtherCard: boolean;
}

export function createSetup(options: SetupOptions): Setup {
  const { store, host, shipped, paths, cacheDir, preference = unkept(), cacheKey, log = () => {} } = options;
  const turns = createGpuTurns();
  const pauses = createPauses(options.pauseMs);
  let round = newRound();
  let chosen = toolsOf(shipped.cards)[0]?.id;
  /** Of whichever round; the next round's begins after it. */
  let preparing: Promise<void> | undefined;
  let racing: Promise<void> = Promise.resolve();

  const ready = (device: Device): void => store.emit({ kind: 'ready', device });
  /** The person did not wait until the GPU was found. */
  const isUnasked = (): boolean => store.get().setup.kind === 'ready';
  /** The person works on the processor until an engine is ready. */
  const isAwaited = (): boolean => {
    const { setup } = store.get();
    return setup.kind === 'ready' && setup.device.kind === 'cpu' && setup.device.reason.code === 'GPU_PREPARING';
  };
  const readyOnCpu = (reason: ErrorReport): void =>
    ready({ kind: 'cpu', reason, ...(round.facts && { facts: round.facts }) });
  const rowsOf = ({ models }: Round): PrepareRow[] => models.map(({ row }) => row);
  const modelOf = (id: string): Model | undefined => round.models.find(({ card }) => card.id === id);

  function beginRound(): Round {
    round.aborter.abort();
    round = newRound();
    return round;
  }

  async function start(isReturning = false, mayLook?: Promise<void>): Promise<void> {
    const own = beginRound();
    own.isReturning = isReturning;
    store.emit({ kind: 'detect' });
    if (isReturning) readyOnCpu(new AppError('GPU_LOOKING', {}).toReport());
    await mayLook;
    await look(own);
  }

  /** From detect on. */
  async function look(own: Round): Promise<void> {
    const { signal } = own.aborter;
    // A preparation of the round before ends at its next step.
    await preparing;
    if (signal.aborted) return;
    for (const notice of shipped.notices) store.emit({ kind: 'notice', notice });
    try {
      const [newest = defaultRuntime] = runtimesIn(shipped.catalog);
      let machine = await detect(newest);
      if (signal.aborted) return;
      const wanted = preference.get().gpu;
      const runtime = selectRuntime(machine, shipped.cards, shipped.catalog, wanted);
      if (runtime !== newest) {
        // A process holds one engine library.
        host.renew();
        machine = await detect(runtime);
        if (signal.aborted) return;
      }
      if (machine.gpus.kind === 'known') store.emit({ kind: 'gpus', gpus: rankGpus(machine.gpus.value) });
      const device = selectDevice(machine, wanted);
      if (device.kind === 'cpu') return readyOnCpu(device.reason);
      if (wanted !== null && device.gpu.uuid !== wanted)
        store.emit({ kind: 'notice', notice: new AppError('GPU_CHOICE_GONE', { gpu: device.gpu.name }).toReport() });
      own.facts = factsOf(machine, device.gpu);
      await choose(own, own.facts);
    } catch (error) {
      if (!signal.aborted) readyOnCpu(whyNot(error));
    }
  }

  function detect(runtime: string): Promise<Machine> {
    const engine = { addon: paths.addon(runtime), libraries: paths.libraries(runtime), cacheDir };
    host.configure({ engine: { ...engine, ...(cacheKey !== undefined && { cacheKey }) } });
    return host.call('detect', null);
  }

  async function choose(own: Round, facts: GpuFacts): Promise<void> {
    const { signal } = own.aborter;
    const engines = shipped.cards.map((card) => select(own, facts, card));
    const refusal = engines.find((row) => row.kind === 'refused');
    if (engines.every((row) => row.kind === 'refused'))
      return readyOnCpu(shipped.catalogFault ?? refusal?.reason ?? new AppError('GPU_NONE', {}).toReport());

    host.configure(configurationOf(own.models.flatMap(({ candidates }) => candidates)));
    await host.call('sweep', null);
    let seenBefore = false;
    let changed = false;
    const entries = await Promise.all(
      own.models.map(async ({ candidates: [first] }) => first && host.call('lookUp', idOf(first))),
    );
    if (signal.aborted) return;
    for (const [i, model] of own.models.entries()) {
      const { card, candidates } = model;
      const found = entries[i];
      if (!found) continue;
      const kept = found.kind === 'hit' ? foundIn(found.race, candidates) : undefined;
      if (kept) {
        model.winner = kept.winner;
        model.isDecided = kept.isDecided;
        show(model, cachedOf(kept));
      }
      if (found.kind === 'damaged')
        store.emit({
          kind: 'notice',
          notice: new AppError('CACHE_DAMAGED', { model: card.name }, found.detail).toReport(),
        });
      seenBefore ||= found.kind !== 'absent';
      changed ||= found.kind === 'absent' && found.changed === true;
    }
    own.preparations = createPreparations({
      ...{ models: own.models, host, turns, signal, log, show },
      startPreparer: options.startPreparer,
      atOnce: options.atOnce,
      isChosen: ({ card }) => (card.partOf ?? card.id) === chosen,
      isBusy: () => store.get().job.kind === 'running',
      mayRace: () => pauses.next(signal),
      onReady: (_, notKept) => onReady(notKept),
    });
    if (own.models.every(({ candidates, winner }) => winner || candidates.length === 0)) {
      ready({ kind: 'gpu', facts, rows: rowsOf(own) });
      racing = own.preparations.raceAll();
      return;
    }
    // Who has prepared once is not asked again: what is missing is made behind the tools.
    if (changed && !own.isOtherCard)
      store.emit({ kind: 'notice', notice: new AppError('CACHE_OUTDATED', {}).toReport() });
    if (seenBefore || changed || own.goesOn) {
      if (own.models.some(({ winner }) => winner)) ready({ kind: 'gpu', facts, rows: rowsOf(own) });
      else readyOnCpu(new AppError('GPU_PREPARING', {}).toReport());
      return prepare();
    }
    // Nothing is kept for a card that came new, and the tools opened unasked.
    if (own.isReturning && !store.get().picture) store.emit({ kind: 'detect' });
    // A person who works meanwhile is not interrupted: the status line offers to prepare.
    if (isUnasked()) return readyOnCpu(new AppError('SKIPPED_BY_USER', {}).toReport());
    store.emit({ kind: 'found', facts, engines });
    void own.preparations.warm();
  }

  /** Adds a model to a round. A model without an engine keeps its row, so that every screen can say why. */
  function select(own: Round, facts: GpuFacts, card: ModelCard): EngineRow {
    const row = { model: card.id, onnxBytes: card.onnx.bytes };
    const selected = selectEngine(facts.gpu, facts.runtime, card, shipped.catalog);
    if (selected.kind === 'none') {
      const { reason } = selected;
      own.models.push({
        card,
        candidates: [],
        winner: undefined,
        isDecided: true,
        row: { ...row, phase: 'failed', reason },
      });
      return { kind: 'refused', model: card.id, reason };
    }
    const candidates = candidatesOf(card, facts, shipped.catalog, paths, cacheDir, cacheKey);
    own.models.push({ card, candidates, winner: undefined, isDecided: false, row: { ...row, phase: 'waiting' } });
    const { entry, profile } = selected.choice;
    return { kind: 'engine', model: card.id, profile: profile.id, target: entry.target };
  }

  function show(model: Model, phase: RowPhase): void {
    model.row = { model: model.card.id, onnxBytes: model.card.onnx.bytes, ...phase } as PrepareRow;
    store.emit({ kind: 'row', row: model.row });
  }

  function prepare(): Promise<void> {
    preparing ??= prepareAll(round).finally(() => {
      preparing = undefined;
    });
    return preparing;
  }

  async function prepareAll(own: Round): Promise<void> {
    const { facts, preparations, aborter } = own;
    if (!facts || !preparations) return;
    const startedAt = performance.now();
    store.emit({ kind: 'preparing', facts, rows: rowsOf(own) });
    await preparations.makeAll();
    if (aborter.signal.aborted) return;
    store.emit({ kind: 'prepared', elapsedMs: performance.now() - startedAt });
    if (isAwaited()) finish();
    racing = preparations.raceAll();
  }

  /** One model's engine is ready: whoever waits for the GPU goes on with it. */
  function onReady(notKept: Prepared['notKept']): void {
    if (notKept) store.emit({ kind: 'notice', notice: notKept });
    if (isAwaited()) finish();
  }

  /** Makes an engine again in the host that jobs use: a job waits for it. */
  async function remake(model: Model, signal: AbortSignal): Promise<void> {
    const showPhase = (phase: RowPhase): void => {
      if (!signal.aborted) show(model, phase);
    };
    const startedAt = performance.now();
    try {
      const first = { take: 'first', show: showPhase, turns, log, signal } as const;
      const made = await prepareLocked(host, model.candidates, first);
      model.winner = made.kind === 'found' ? made.winner : made.prepared.winner;
      const elapsedMs = performance.now() - startedAt;
      showPhase(made.kind === 'found' ? cachedOf(made) : doneOf(made.prepared, elapsedMs));
      if (made.kind === 'made' && made.prepared.notKept) store.emit({ kind: 'notice', notice: made.prepared.notKept });
    } catch (error) {
      model.winner = undefined;
      showPhase({ phase: 'failed', reason: toReport(error) });
    }
  }

  /** On to the tools: on the GPU if it serves any model. */
  function finish(): void {
    const { facts, models } = round;
    if (!facts) return;
    const failure = rowsOf(round).find((row) => row.phase === 'failed');
    if (models.some(({ winner }) => winner)) ready({ kind: 'gpu', facts, rows: rowsOf(round) });
    else readyOnCpu(failure?.phase === 'failed' ? failure.reason : new AppError('INTERNAL', {}).toReport());
  }

  function continueSetup(): void {
    const { setup } = store.get();
    if (setup.kind === 'detecting') readyOnCpu(new AppError('GPU_LOOKING', {}).toReport());
    else if (setup.kind === 'found') {
      round.preparations?.end();
      readyOnCpu(new AppError('SKIPPED_BY_USER', {}).toReport());
    } else if (setup.kind === 'prepared') finish();
    else if (setup.kind === 'preparing') {
      if (round.models.some(({ winner }) => winner)) finish();
      else readyOnCpu(new AppError('GPU_PREPARING', {}).toReport());
    }
  }

  const served = (): Gpu[] => store.get().gpus.rows.flatMap(({ gpu, serves }) => (serves ? [gpu] : []));

  function chooseDevice(wanted: Preference): Promise<void> {
    // Who chose a card that is gone may choose the processor all the same.
    const isKnown = wanted.gpu === preference.get().gpu || served().some(({ uuid }) => uuid === wanted.gpu);
    if (wanted.gpu !== null && !isKnown)
      throw new AppError('BAD_MESSAGE', { channel: 'device:choose' }, `no engine serves ${wanted.gpu}`);
    return prefer(wanted);
  }

  async function prefer(wanted: Preference): Promise<void> {
    store.emit({ kind: 'preference', preference: wanted });
    await preference.set(wanted);
    const { setup } = store.get();
    const next = served().find(({ uuid }) => uuid === wanted.gpu) ?? served()[0];
    // While it is looked for, the look heeds the choice.
    if (!next || next.uuid === round.facts?.gpu.uuid || setup.kind === 'starting' || setup.kind === 'detecting') return;
    await takeCard(setup.kind === 'found');
  }

  /** @param isAsked nothing was prepared yet: the person is asked as before, and told of this card. */
  async function takeCard(isAsked: boolean): Promise<void> {
    const { preparations } = round;
    const own = beginRound();
    own.isOtherCard = true;
    own.goesOn = !isAsked;
    // A running job leaves the card at its next tile.
    if (!isAsked) readyOnCpu(new AppError('GPU_PREPARING', {}).toReport());
    // The process of the card before holds its memory. It ends once nothing is asked of it.
    await preparations?.left();
    await turns.alone(async () => {
      if (!own.aborter.signal.aborted) host.renew();
    });
    if (!own.aborter.signal.aborted) await look(own);
  }

  return {
    start,
    chooseDevice,
    prepare,
    settled: async () => {
      await preparing;
      await racing;
    },
    chooseTool: (tool) => {
      chosen = tool;
    },
    continueSetup,
    end: () => round.aborter.abort(),
    withGpu: (work) => pauses.during(() => turns.share(work)),
    retry: async () => {
      // While it is looking already there is nothing to try again; a window that asks on and on gets nothing by it.
      if (store.get().setup.kind === 'detecting') return;
      host.renew();
      await start();
    },
    fallBack: (reason) => {
      const { facts } = round;
      const own = beginRound();
      if (facts) own.facts = facts;
      readyOnCpu(reason);
    },
    remake: async (id) => {
      const model = modelOf(id);
      if (model && model.candidates.length > 0) await remake(model, round.aborter.signal);
    },
    downgradeTiles: async (id) => {
      const model = modelOf(id);
      if (!model?.winner) return false;
      try {
        await host.call('release', { model: id });
        const smaller = await findSmaller(host, smallerThan(model.winner, model.candidates), {
          take: 'first',
          turns,
          log,
        });
        if (smaller) model.winner = smaller;
        return smaller !== undefined;
      } catch (error) {
        const { code, detail } = toReport(error);
        log(`no smaller tiles for ${id}: ${code} ${detail}`);
        return false;
      }
    },
    gpuTask: (id) => {
      const { setup } = store.get();
      return setup.kind === 'ready' && setup.device.kind === 'gpu' ? modelOf(id)?.winner : undefined;
    },
    onQuiet: (isQuiet) => round.preparations?.onQuiet(isQuiet),
    onRefitProgress: ({ model: id, ...progress }) => {
      const model = modelOf(id);
      if (model?.row.phase !== 'refitting') return;
      // All weights are found: the rest of the refit call is the library's, and reports no progress.
      const isAllFound = progress.weightsTotal > 0 && progress.weightsDone === progress.weightsTotal;
      const { race, again } = model.row;
      const base = { ...(race && { race }), ...(again && { again }) };
      show(model, isAllFound ? { ...base, phase: 'serializing' } : { ...base, phase: 'refitting', ...progress });
    },
  };
}

const newRound = (): Round => ({
  aborter: new AbortController(),
  models: [],
  goesOn: false,
  isReturning: false,
  isOtherCard: false,
});

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
