/** Finds the device of a tool, and the one at work, for the status line. Pure. */
import { AppError, type ErrorReport } from '../app/errors';
import type { GpuFacts, Job, Setup } from '../app/states';
import { isFinished } from './setup/progress';

export type ToolDevice =
  | { kind: 'gpu'; facts: GpuFacts }
  /** `scope`: whether every tool is on the processor or this one alone. `reason` may be unknown for one alone. */
  | { kind: 'cpu'; scope: 'all'; reason: ErrorReport }
  | { kind: 'cpu'; scope: 'tool'; reason: ErrorReport | null }
  /** This tool alone, until its engine is made; others run on the GPU already. */
  | { kind: 'cpu'; scope: 'preparing'; reason: ErrorReport }
  /** The running job alone, though the GPU serves its tool. `reason`: what kept it from the GPU; null: it began too early. */
  | { kind: 'cpu'; scope: 'job'; reason: ErrorReport | null };

const preparing = new AppError('GPU_PREPARING', {}).toReport();

/** @param networks the tool's own and its parts'; none for no tool. @returns null while setup has not decided. */
export function deviceFor(setup: Setup, networks: readonly string[]): ToolDevice | null {
  if (setup.kind !== 'ready') return null;
  const { device } = setup;
  if (device.kind === 'cpu') return { kind: 'cpu', scope: 'all', reason: device.reason };
  const rows = networks.map((network) => device.rows.find((row) => row.model === network));
  // Main runs all networks of a tool on the GPU, or none.
  const missing = rows.findIndex((row) => !row || row.phase === 'failed');
  if (missing < 0) {
    const isMade = rows.every((each) => each && isFinished(each));
    return isMade ? { kind: 'gpu', facts: device.facts } : { kind: 'cpu', scope: 'preparing', reason: preparing };
  }
  const row = rows[missing];
  return { kind: 'cpu', scope: 'tool', reason: row?.phase === 'failed' ? row.reason : null };
}

/**
 * The device at work: the running job's own, whatever has become ready meanwhile; without a job the tool's.
 * @param networks the running job's tool's, else the chosen one's.
 */
export function deviceAtWork(setup: Setup, networks: readonly string[], job: Job): ToolDevice | null {
  const served = deviceFor(setup, networks);
  if (job.kind !== 'running' || setup.kind !== 'ready' || setup.device.kind !== 'gpu') return served;
  if (job.device === 'gpu') return { kind: 'gpu', facts: setup.device.facts };
  if (served?.kind !== 'gpu') return served;
  // A death may be that of the processor's own process, which is no reason to be on the processor.
  const reason = job.setback && job.setback.code !== 'HOST_DIED' ? job.setback : null;
  return { kind: 'cpu', scope: 'job', reason };
}
