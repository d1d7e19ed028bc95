/**
 * One model from what ships to an engine that is kept: each candidate is verified, refitted, checked by the golden picture
 * and timed, and the fastest is kept. A candidate that fails or gives a wrong picture is out, with its reason; it costs the
 * model the GPU only where it was the last.
 */
import { AppError, type ErrorReport, ReportedError, toReport } from '../../app/errors';
import { fastest, keyOf, nameOf, type Race, type RaceRow, raceBudgetMs, sameKey } from '../../app/race';
import type { PrepareRow } from '../../app/states';
import type { GpuTask } from '../../host/protocol';
import type { Host } from '../hosts/host';

/** A row without what is the same in all of a model's. */
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

/** Deaths of the host that one candidate may cause: the first may have been chance. */
const maxDeaths = 2;

/**
 * @param candidates of one model, at least one, in the order in which they are expected to be good.
 * @param show called with each phase. @param log called with what is worth a line and no notice.
 * @param budgetMs see raceBudgetMs.
 * @throws ReportedError with the first candidate's reason where none came out well; AppError HOST_GAVE_UP.
 */
export async function prepareModel(
  host: Host,
  candidates: readonly GpuTask[],
  show: (phase: RowPhase) => void,
  log: (line: string) => void,
  budgetMs = raceBudgetMs,
): Promise<Prepared> {
  const deaths = new Map<GpuTask, ErrorReport[]>();
  for (;;) {
    const tell = (phase: RowPhase): void => show(deaths.size > 0 ? { ...phase, again: true } : phase);
    const race = await run(host, candidates, deaths, tell, log, budgetMs);
    // What was tried before the host died went with it; it comes back by itself, so once more from the start.
    if (race === 'host died') continue;
    const kept = await keepWinner(host, candidates, race, tell);
    if (kept !== 'host died') return kept;
  }
}

interface Run {
  rows: RaceRow[];
  figures: Map<string, { weightBytes: number; planBytes: number }>;
  firstFailure: ErrorReport | undefined;
}

async function run(
  host: Host,
  candidates: readonly GpuTask[],
  deaths: Map<GpuTask, ErrorReport[]>,
  show: (phase: RowPhase) => void,
  log: (line: string) => void,
  budgetMs: number,
): Promise<Run | 'host died'> {
  const startedAt = performance.now();
  const { rows, figures, ...result }: Run = { rows: [], figures: new Map(), firstFailure: undefined };
  let engine: string | undefined;
  let failed: { engine: string; reason: ErrorReport } | undefined;
  for (const task of candidates) {
    const { engineSha256 } = task.entry;
    const row = (result: RaceRow['result']): void => {
      rows.push({ ...keyOf(task), result });
    };
    const out = (reason: ErrorReport): void => {
      result.firstFailure ??= reason;
      row({ kind: 'out', reason: [reason.message, reason.detail].filter(Boolean).join(' ') });
    };
    const at = { race: { done: rows.length, total: candidates.length } };
    const died = deaths.get(task) ?? [];
    const [lastDeath] = died.slice(-1);
    if (lastDeath && died.length >= maxDeaths) {
      out(lastDeath);
      continue;
    }
    if (failed?.engine === engineSha256) {
      out(failed.reason);
      continue;
    }
    const elapsedMs = performance.now() - startedAt;
    if (engine !== engineSha256 && elapsedMs > budgetMs && fastest(rows)) {
      row({ kind: 'skipped', reason: `Not tried: preparing had taken ${(elapsedMs / 1000).toFixed(1)} s by then.` });
      continue;
    }
    try {
      if (engine !== engineSha256) {
        engine = undefined;
        show({ ...at, phase: 'verifying' });
        const { kernelsRefused } = await host.call('verify', task);
        if (kernelsRefused)
          log(`kernels of ${task.card.id} ${nameOf(keyOf(task))} are compiled here: ${kernelsRefused}`);
        show({ ...at, phase: 'refitting', weightsDone: 0, weightsTotal: 0, bytesDone: 0, bytesTotal: 0 });
        const { weightBytes, planBytes } = await host.call('refit', task);
        figures.set(engineSha256, { weightBytes, planBytes });
        engine = engineSha256;
      }
      show({ ...at, phase: 'checking' });
      await host.call('check', task);
      show({ ...at, phase: 'timing' });
      row(await host.call('time', task));
    } catch (error) {
      const reason = toReport(error);
      if (reason.code === 'HOST_GAVE_UP') throw error;
      if (isHostGone(reason)) {
        deaths.set(task, [...died, reason]);
        log(`the host died at ${task.card.id} ${nameOf(keyOf(task))}`);
        return 'host died';
      }
      if (engine !== engineSha256) failed = { engine: engineSha256, reason };
      out(reason);
    }
  }
  return { rows, figures, ...result };
}

async function keepWinner(
  host: Host,
  candidates: readonly GpuTask[],
  { rows, figures, firstFailure }: Run,
  show: (phase: RowPhase) => void,
): Promise<Prepared | 'host died'> {
  const best = fastest(rows);
  const winner = best && candidates.find((task) => sameKey(keyOf(task), best));
  const made = winner && figures.get(winner.entry.engineSha256);
  if (!winner || !made) throw new ReportedError(firstFailure ?? new AppError('INTERNAL', {}).toReport());
  const total = candidates.length;
  show({ phase: 'saving', race: { done: total - 1, total } });
  const race: Race = { winner: keyOf(winner), rows };
  const notKept = await host.call('keep', { ...winner, race }).then(() => undefined, toReport);
  if (notKept && isHostGone(notKept)) return 'host died';
  return { winner, race, ...made, ...(notKept && { notKept }) };
}

/** After a GPU's fault the host is ended (host.ts). */
const isHostGone = ({ code }: ErrorReport): boolean => code === 'HOST_DIED' || code === 'GPU_FAULT';
