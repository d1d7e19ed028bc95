/**
 * Prepares models side by side, each in a process of its own, so that one crash costs one model. First every model gets a good
 * engine, the chosen tool's before the others and in the process that jobs use, where its session stays open for the first picture;
 * the race for the fastest one follows behind, one model at a time, while no job uses the GPU.
 */
import os from 'node:os';
import type { ModelCard } from '../../app/catalog';
import { toReport } from '../../app/errors';
import { isTimed, nameOf, winnersSpeed } from '../../app/race';
import type { PrepareRow } from '../../app/states';
import type { GpuTask } from '../../host/protocol';
import type { Host } from '../hosts/host';
import { preparationsAtOnce } from './atOnce';
import { configurationOf, idOf } from './candidates';
import type { GpuTurns } from './gpuTurns';
import { HostGone, type Prepared, type PrepareOptions, prepareModel, type RowPhase } from './prepare';
import { cachedOf, prepareLocked } from './prepareLocked';

/** One model that ships. */
export interface Model {
  card: ModelCard;
  /** None: no engine fits this GPU, and the row has the reason. */
  candidates: GpuTask[];
  /** The candidate whose engine is cached or made; undefined: the processor runs the model. */
  winner: GpuTask | undefined;
  /** Whether the winner won against all others, or need not. */
  isDecided: boolean;
  row: PrepareRow;
}

/** Starts a host that prepares models. @param onQuiet see Host. */
export type StartPreparer = (onQuiet: (isQuiet: boolean) => void) => Host;

export interface PreparationsOptions {
  models: Model[];
  /** The host that jobs use. */
  host: Host;
  startPreparer: StartPreparer;
  turns: GpuTurns;
  /** Models at once; unless told, what cores and free GPU memory bear. */
  atOnce: number | undefined;
  signal: AbortSignal;
  log(line: string): void;
  /** Whether a model is of the chosen tool. Asked again before each model. */
  isChosen(model: Model): boolean;
  /** Whether a job runs. */
  isBusy(): boolean;
  /** Resolves once a race takes nothing from a person's work. @throws `signal`'s reason. */
  mayRace(): Promise<void>;
  show(model: Model, phase: RowPhase): void;
  /** A model's engine is ready: `winner` is there. */
  onReady(model: Model, notKept: Prepared['notKept']): void;
}

export interface Preparations {
  /** Starts the processes and has them do what costs time and decides nothing. Never throws. */
  warm(): Promise<void>;
  /** Makes a good engine of each model that has none. Never throws: the rows have the reasons. */
  makeAll(): Promise<void>;
  /** Finds the fastest engine of each model and swaps it in. Never throws: a model whose race fails stays with what it has. */
  raceAll(): Promise<void>;
  /** Resolves once nothing is prepared or warmed up in the process that jobs use. Never throws. */
  left(): Promise<void>;
  /** To be called when the process that jobs use falls silent while it is asked something, and when that has ended. */
  onQuiet(isQuiet: boolean): void;
  /** Ends the processes. */
  end(): void;
}

/** A process and the model that it is at. */
interface Lane {
  preparer: Host;
  model?: Model | undefined;
}

export function createPreparations(options: PreparationsOptions): Preparations {
  const { models, host, startPreparer, turns, signal, log, isChosen, show } = options;
  const lanes: Lane[] = [];
  let waiting: Model[] = [];
  /** Nothing is to be warmed up any more. */
  let isEnded = false;
  /** Free bytes of the GPU's memory, where it says so. */
  let warming: Promise<number | undefined> | undefined;
  /** Whose files the jobs' process has read. */
  let warmed: Model | undefined;
  /** What the jobs' process makes. */
  let inJobs: { model: Model; made: Promise<unknown> } | undefined;
  signal.addEventListener('abort', end);

  const isMissing = ({ winner, candidates }: Model): boolean => !winner && candidates.length > 0;
  /** The chosen tool's; then the one that takes longest, so that none is left over for the end. */
  const next = (among: readonly Model[]): Model | undefined =>
    among.find(isChosen) ?? among.toSorted((a, b) => makingOf(b) - makingOf(a))[0];

  function laneOf(index: number): Lane {
    const known = lanes[index];
    if (known) return known;
    const lane: Lane = { preparer: startPreparer((isQuiet) => showQuiet(lane, isQuiet)) };
    lane.preparer.configure(configurationOf(models.flatMap(({ candidates }) => candidates)));
    lanes[index] = lane;
    return lane;
  }

  function showQuiet({ model }: Pick<Lane, 'model'>, isQuiet: boolean): void {
    if (!model) return;
    const { silent: _, model: __, onnxBytes: ___, ...phase } = model.row;
    show(model, isQuiet ? { ...phase, silent: true } : phase);
  }

  function end(): void {
    isEnded = true;
    for (const { preparer } of lanes.splice(0)) preparer.stop();
    dropWarmed();
  }

  /** The jobs' process need not hold files that it will not refit. */
  function dropWarmed(): void {
    if (warmed) host.tell('release', { model: warmed.card.id });
    warmed = undefined;
  }

  /** The jobs' process makes the chosen tool's engine, so it is the first that has a context and the files. */
  function freeBytes(): Promise<number | undefined> {
    const model = next(models.filter(isMissing));
    const [first] = model?.candidates ?? [];
    if (!first || signal.aborted) return Promise.resolve(undefined);
    warmed ??= model;
    warming ??= host.call('warm', idOf(first)).then(
      (answer) => answer?.freeBytes,
      // What fails here fails again, and is told, when the model is made.
      () => undefined,
    );
    return warming;
  }

  async function lanesWanted(): Promise<number> {
    const missing = models.filter(isMissing);
    const engineBytes = Math.max(...missing.map(({ candidates }) => candidates[0]?.profile.vramBytes ?? 0));
    const bearable = preparationsAtOnce(os.availableParallelism(), await freeBytes(), engineBytes);
    return Math.min(options.atOnce ?? bearable, missing.length);
  }

  /** Has every process make its GPU's context and read the files that it will most likely be asked for first. */
  async function warm(): Promise<void> {
    const lanesNow = await lanesWanted();
    let rest = models.filter((model) => isMissing(model) && model !== warmed);
    // As makeAll takes them: the first lane begins in the jobs' process.
    for (let lane = 1; lane <= lanesNow && !signal.aborted && !isEnded; lane++) {
      const index = lane % lanesNow;
      const model = next(rest);
      const [first] = model?.candidates ?? [];
      rest = rest.filter((other) => other !== model);
      if (first)
        laneOf(index)
          .preparer.call('warm', idOf(first))
          .catch(() => {});
    }
  }

  async function makeAll(): Promise<void> {
    const lanesNow = await lanesWanted();
    waiting = models.filter(isMissing);
    // Where an engine is at work already, the process that has it is not put at risk.
    const isFirst = models.every(({ winner }) => !winner);
    if (!isFirst) dropWarmed();
    await Promise.all(Array.from({ length: lanesNow }, (_, lane) => makeInLane(lane, isFirst && lane === 0)));
    for (const { preparer } of lanes.splice(1)) preparer.stop();
  }

  /** @param beginsInJobs the jobs' process makes its first model. */
  async function makeInLane(index: number, beginsInJobs: boolean): Promise<void> {
    let isInJobs = beginsInJobs;
    for (let model = next(waiting); model && !signal.aborted; model = next(waiting)) {
      const taken = model;
      waiting = waiting.filter((other) => other !== taken);
      const isMade = isInJobs && (await makeInJobs(taken));
      isInJobs = false;
      if (!isMade && !signal.aborted) await makeApart(laneOf(index), taken);
    }
  }

  async function makeApart(lane: Lane, model: Model): Promise<void> {
    lane.model = model;
    await make(lane.preparer, model, false);
    lane.model = undefined;
  }

  /** @returns false where the process ended at it: one of its own is to make that model. */
  async function makeInJobs(model: Model): Promise<boolean> {
    if (warmed === model) warmed = undefined;
    // Before any job has a session of it.
    else dropWarmed();
    const making = make(host, model, true).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof HostGone)) throw error;
        model.winner = undefined;
        host.forgive();
        return false;
      },
    );
    inJobs = { model, made: making };
    const isMade = await making;
    inJobs = undefined;
    return isMade;
  }

  /**
   * @param isInJobs the preparer is the process that jobs use.
   * @throws HostGone where that one ended at it. Else never: the row has the reason.
   */
  async function make(preparer: Host, model: Model, isInJobs: boolean): Promise<void> {
    const showPhase = (phase: RowPhase): void => {
      if (!signal.aborted) show(model, phase);
    };
    const startedAt = performance.now();
    const isReady = (winner: GpuTask | undefined, phase: RowPhase, notKept?: Prepared['notKept']): void => {
      if (signal.aborted) return;
      if (!model.winner) log(`${model.card.id} is ready after ${Math.round(performance.now() - startedAt)} ms`);
      model.winner = winner;
      showPhase(phase);
      options.onReady(model, notKept);
    };
    const done = (prepared: Prepared): RowPhase => doneOf(prepared, performance.now() - startedAt);
    try {
      // What the process died of before was another model.
      preparer.forgive();
      const first: PrepareOptions = {
        ...{ take: 'first', show: showPhase, turns, log, signal },
        // Its session is open: nobody waits until it is written.
        ...(isInJobs && { endsWithHost: true, onGood: (prepared) => isReady(prepared.winner, done(prepared)) }),
      };
      const made = await prepareLocked(preparer, model.candidates, first);
      let prepared = made.kind === 'made' ? made.prepared : undefined;
      if (!isInJobs) {
        // What could not be kept has to be in the process that jobs use.
        if (prepared?.notKept) prepared = await prepareModel(host, [prepared.winner], first);
        await preparer.call('release', { model: model.card.id }).catch(() => {});
      }
      const winner = prepared?.winner ?? (made.kind === 'found' ? made.winner : undefined);
      // The first picture is not to wait for its session.
      const isOpen = isInJobs && prepared !== undefined;
      if (winner && !isOpen && isChosen(model) && !options.isBusy() && !signal.aborted)
        await host.call('openGpu', idOf(winner)).catch((error: unknown) => logError(model, error));
      // One that is not kept would be raced for nothing.
      model.isDecided = model.candidates.length < 2 || (made.kind === 'found' ? made.isDecided : !!prepared?.notKept);
      if (!isOpen || prepared?.notKept)
        isReady(winner, made.kind === 'found' ? cachedOf(made) : done(prepared ?? made.prepared), prepared?.notKept);
    } catch (error) {
      if (error instanceof HostGone) throw error;
      if (signal.aborted) return;
      model.winner = undefined;
      showPhase({ phase: 'failed', reason: toReport(error) });
    }
  }

  async function raceAll(): Promise<void> {
    for (const model of models) {
      if (!model.winner || model.isDecided) continue;
      // A job goes first: its GPU and cores are not to be shared with what is not urgent.
      await options.mayRace().catch(() => {});
      if (signal.aborted) return;
      await race(laneOf(0).preparer, model).catch((error: unknown) => logError(model, error));
      model.isDecided = true;
    }
    if (!signal.aborted) end();
  }

  async function race(preparer: Host, model: Model): Promise<void> {
    preparer.forgive();
    const made = await prepareLocked(preparer, model.candidates, { turns, log, signal, mayGoOn: options.mayRace });
    await preparer.call('release', { model: model.card.id }).catch(() => {});
    if (made.kind === 'made')
      for (const row of made.prepared.race.rows) log(`${model.card.id} ${nameOf(row)}: ${JSON.stringify(row.result)}`);
    const winner = made.kind === 'made' ? made.prepared.winner : made.winner;
    // A running job keeps its session; the next one opens the faster plan.
    await turns.alone(async () => {
      const isOurs = model.winner && model.candidates.includes(model.winner);
      if (signal.aborted || !isOurs || model.winner === winner) return;
      model.winner = winner;
      host.tell('release', { model: model.card.id });
    });
    if (!signal.aborted && made.kind === 'made' && model.row.phase === 'done') {
      const { model: _, onnxBytes: __, ...phase } = model.row;
      show(model, { ...doneOf(made.prepared, model.row.elapsedMs), ...(phase.notKept && { notKept: phase.notKept }) });
    }
  }

  function logError({ card }: Model, error: unknown): void {
    const { code, detail } = toReport(error);
    if (!signal.aborted) log(`${card.id} stays as it is: ${code} ${detail}`);
  }

  return {
    warm,
    left: async () => {
      await warming;
      await inJobs?.made;
    },
    onQuiet: (isQuiet) => {
      if (inJobs) showQuiet(inJobs, isQuiet);
    },
    makeAll,
    raceAll,
    end,
  };
}

/** How long a model takes to be made, to compare: the library's text for its kernels is most of an engine without weights. */
const makingOf = ({ candidates: [first] }: Model): number => first?.entry.strippedBytes ?? 0;

/** The row of a model that was made. */
export function doneOf({ race, weightBytes, planBytes, notKept }: Prepared, elapsedMs: number): RowPhase {
  const timed = race.rows.filter(isTimed).length;
  const perSecond = winnersSpeed(race);
  return {
    ...{ phase: 'done', elapsedMs, weightBytes, planBytes },
    ...(timed > 0 && { timed }),
    ...(perSecond !== undefined && { perSecond }),
    ...(notKept && { notKept }),
  };
}
