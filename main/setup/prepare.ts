/**
 * Makes one model's engine: verifies, refits and checks candidates by the golden picture, and keeps one: the first good one,
 * or after timing all of them the fastest. A candidate that fails or gives a wrong picture is out with its reason. The model
 * falls back to the processor only if no candidate is left.
 */
import { AppError, type ErrorReport, ReportedError, toReport } from '../../app/errors';
import { fastest, keyOf, nameOf, type Race, type RaceRow, raceBudgetMs, sameKey } from '../../app/race';
import type { PrepareRow } from '../../app/states';
import type { GpuTask } from '../../host/protocol';
import type { Host } from '../hosts/host';
import { idOf } from './candidates';
import type { GpuTurns } from './gpuTurns';

/** A model's row without what stays the same in all phases. */
export type RowPhase = PrepareRow extends infer Row
  ? Row extends PrepareRow
    ? Omit<Row, 'model' | 'onnxBytes'>
    : never
  : never;

export interface Prepared {
  winner: GpuTask;
  race: Race;
  /** Of the winner. */
  weightBytes: number;
  planBytes: number;
  /** The session runs, but the cache could not be written. */
  notKept?: ErrorReport;
}

export interface PrepareOptions {
  /** Called with each phase. */
  show?: (phase: RowPhase) => void;
  /** Called with what is worth a line in the log and no notice. */
  log?: (line: string) => void;
  /** `first`: the first candidate that passes the check, at once and untimed. `fastest`: of all, by a race; unless told. */
  take?: 'first' | 'fastest';
  /** See raceBudgetMs. */
  budgetMs?: number;
  /** Shared while engines are made and checked; one that is timed has the GPU alone. Omitted: nobody else uses it. */
  turns?: GpuTurns;
  /** Awaited before each engine, and no part of the budget. @throws what ends the preparation. */
  mayGoOn?: () => Promise<void>;
  /** Ends the preparation before its next step. */
  signal?: AbortSignal | undefined;
  /** Throws HostGone when the host ends, in place of beginning anew on the next one. */
  endsWithHost?: boolean;
  /** Called once the host gives the winner's session to whoever opens it; then it is written. */
  onGood?: (prepared: Prepared) => void;
}

/** Deaths of the host that one candidate may cause: the first may have been chance. */
const maxDeaths = 2;

/**
 * @param candidates of one model, at least one, in the order in which they are expected to be good.
 * @throws ReportedError with the first candidate's reason where none came out well; AppError HOST_GAVE_UP; the signal's reason;
 * HostGone, if asked for.
 */
export async function prepareModel(
  host: Host,
  candidates: readonly GpuTask[],
  options: PrepareOptions = {},
): Promise<Prepared> {
  const { show = () => {}, log = () => {}, budgetMs = raceBudgetMs, turns = unshared, signal } = options;
  const isFirst = options.take === 'first';
  const deaths: Deaths = new Map();
  for (;;) {
    const showTry = (phase: RowPhase): void => show(deaths.size > 0 ? { ...phase, again: true } : phase);
    const total = isFirst ? 1 : candidates.length;
    const attempt: Attempt = {
      ...{ host, turns, deaths, log, signal, isFirst, total, onGood: options.onGood, mayGoOn: options.mayGoOn },
      ...{ show: showTry, rows: [], figures: new Map() },
    };
    try {
      await race(attempt, candidates, budgetMs);
      return await keepWinner(attempt, candidates);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof HostGone) || options.endsWithHost) throw error;
      // What was tried before went with the host, which comes back by itself: once more from the start.
    }
  }
}

type Deaths = Map<GpuTask, ErrorReport[]>;

/** One run through the candidates, on a host that may die on the way. */
interface Attempt {
  host: Host;
  turns: GpuTurns;
  /** Of all attempts. */
  deaths: Deaths;
  show(phase: RowPhase): void;
  log(line: string): void;
  signal: AbortSignal | undefined;
  /** Ends at the first candidate that passes the check. */
  isFirst: boolean;
  onGood: PrepareOptions['onGood'];
  mayGoOn: PrepareOptions['mayGoOn'];
  /** How many candidates it tries: 1 where it ends at the first good one. */
  total: number;
  /** The candidate that ended it. */
  first?: GpuTask;
  rows: RaceRow[];
  /** By the engine's hash. */
  figures: Map<string, { weightBytes: number; planBytes: number }>;
  firstFailure?: ErrorReport;
}

async function race(attempt: Attempt, candidates: readonly GpuTask[], budgetMs: number): Promise<void> {
  let elapsedMs = 0;
  for (const graphModes of enginesOf(candidates)) {
    if (attempt.first) return;
    await attempt.mayGoOn?.();
    const startedAt = performance.now();
    if (elapsedMs > budgetMs && fastest(attempt.rows)) {
      const reason = `after ${(elapsedMs / 1000).toFixed(1)} s`;
      for (const task of graphModes) attempt.rows.push({ ...keyOf(task), result: { kind: 'skipped', reason } });
    } else await tryEngine(attempt, graphModes);
    elapsedMs += performance.now() - startedAt;
  }
}

/** Candidates by their engine: CUDA graph on and off share one refit. */
function enginesOf(candidates: readonly GpuTask[]): GpuTask[][] {
  const engines = new Map<string, GpuTask[]>();
  for (const task of candidates)
    engines.set(task.entry.engineSha256, [...(engines.get(task.entry.engineSha256) ?? []), task]);
  return [...engines.values()];
}

/** @throws HostGone, the death being written down; AppError HOST_GAVE_UP. */
async function tryEngine(attempt: Attempt, graphModes: readonly GpuTask[]): Promise<void> {
  let isRefitted = false;
  let failure: ErrorReport | undefined;
  for (const task of graphModes) {
    const died = attempt.deaths.get(task) ?? [];
    const [lastDeath] = died.slice(-1);
    const known = lastDeath && died.length >= maxDeaths ? lastDeath : failure;
    if (known) {
      out(attempt, task, known);
      continue;
    }
    try {
      if (!isRefitted) await refitEngine(attempt, task);
      isRefitted = true;
      await tryGraphMode(attempt, task);
      if (attempt.first) return;
    } catch (error) {
      const reason = toReport(error);
      if (reason.code === 'HOST_GAVE_UP') throw error;
      if (isHostGone(reason)) {
        attempt.deaths.set(task, [...died, reason]);
        attempt.log(`the host died at ${task.card.id} ${nameOf(keyOf(task))}`);
        throw new HostGone();
      }
      // Without a plan there is nothing to try the next graph mode on.
      if (!isRefitted) failure = reason;
      out(attempt, task, reason);
    }
  }
}

async function refitEngine(attempt: Attempt, task: GpuTask): Promise<void> {
  const { host, turns, log } = attempt;
  step(attempt, { phase: 'verifying' });
  const { kernelsRefused } = await host.call('verify', idOf(task));
  if (kernelsRefused) log(`kernels of ${task.card.id} ${nameOf(keyOf(task))} are compiled here: ${kernelsRefused}`);
  step(attempt, { phase: 'refitting', weightsDone: 0, weightsTotal: 0, bytesDone: 0, bytesTotal: 0 });
  const { weightBytes, planBytes } = await turns.share(() => host.call('refit', idOf(task)));
  attempt.figures.set(task.entry.engineSha256, { weightBytes, planBytes });
}

async function tryGraphMode(attempt: Attempt, task: GpuTask): Promise<void> {
  const { host, turns, rows } = attempt;
  step(attempt, { phase: 'checking' });
  await turns.share(() => host.call('check', idOf(task)));
  if (attempt.isFirst) {
    attempt.first = task;
    rows.push({ ...keyOf(task), result: { kind: 'skipped', reason: 'first good one, not timed yet' } });
    return;
  }
  step(attempt, { phase: 'timing' });
  rows.push({ ...keyOf(task), result: await turns.alone(() => host.call('time', idOf(task))) });
}

function step({ show, signal, rows, total }: Attempt, phase: RowPhase): void {
  signal?.throwIfAborted();
  show(total > 1 ? { race: { done: rows.length, total }, ...phase } : phase);
}

function out(attempt: Attempt, task: GpuTask, reason: ErrorReport): void {
  attempt.firstFailure ??= reason;
  const said = [reason.code, reason.detail].filter(Boolean).join(': ');
  attempt.rows.push({ ...keyOf(task), result: { kind: 'out', reason: said } });
}

async function keepWinner(attempt: Attempt, candidates: readonly GpuTask[]): Promise<Prepared> {
  const { host, rows, figures, firstFailure, total, onGood } = attempt;
  const best = fastest(rows);
  const winner = attempt.first ?? (best && candidates.find((task) => sameKey(keyOf(task), best)));
  const made = winner && figures.get(winner.entry.engineSha256);
  if (!winner || !made) throw new ReportedError(firstFailure ?? new AppError('INTERNAL', {}).toReport());
  if (!onGood) step(attempt, { phase: 'saving', ...(total > 1 && { race: { done: total - 1, total } }) });
  const race: Race = { winner: keyOf(winner), rows };
  const keeping = host.call('keep', { ...idOf(winner), race }).then(() => undefined, toReport);
  // The host has that call before any that follows.
  onGood?.({ winner, race, ...made });
  const notKept = await keeping;
  if (notKept && isHostGone(notKept)) throw new HostGone();
  if (notKept?.code === 'HOST_GAVE_UP') throw new ReportedError(notKept);
  return { winner, race, ...made, ...(notKept && { notKept }) };
}

/** After a GPU's fault the host is ended (host.ts). */
const isHostGone = ({ code }: ErrorReport): boolean => code === 'HOST_DIED' || code === 'GPU_FAULT';

/** What was tried in an attempt is gone; no error of the model's, unlike a death that is reported as one. */
export class HostGone extends Error {}

const unshared: GpuTurns = { share: (work) => work(), alone: (work) => work() };
