/** Finds the device of a tool, and the one at work, for the status line. Pure. */
import { AppError, type ErrorReport } from '../app/errors';
import type { AppState, GpuFacts, Job } from '../app/states';
import { isFinished } from './setup/progress';

export type ToolDevice =
  | { kind: 'gpu'; facts: GpuFacts }
  /** `times`: so many times as fast as the processor, of its slowest network. `reason`: why not by TensorRT. */
  | { kind: 'webgpu'; times: number; reason: ErrorReport | null }
  /** `scope`: whether every tool is on the processor or this one alone. `reason` may be unknown for one alone. */
  | { kind: 'cpu'; scope: 'all'; reason: ErrorReport }
  | { kind: 'cpu'; scope: 'tool'; reason: ErrorReport | null }
  /** The person chose it, or WebGPU, which does not serve this tool (yet): `reason`. */
  | { kind: 'cpu'; scope: 'chosen'; reason: ErrorReport | null }
  /** This tool alone, until its engine is made; others run on the GPU already. */
  | { kind: 'cpu'; scope: 'preparing'; reason: ErrorReport }
  /** The running job alone, though the GPU serves its tool. `reason`: what kept it from the GPU; null: it began too early. */
  | { kind: 'cpu'; scope: 'job'; reason: ErrorReport | null };

export type Devices = Pick<AppState, 'setup' | 'webgpu' | 'preference'>;

const preparing = new AppError('GPU_PREPARING', {}).toReport();

/** @param networks the tool's own and its parts'; none for no tool. @returns null while setup has not decided. */
export function deviceFor({ setup, webgpu, preference }: Devices, networks: readonly string[]): ToolDevice | null {
  if (setup.kind !== 'ready') return null;
  if (preference.upTo === 'cpu') return { kind: 'cpu', scope: 'chosen', reason: null };
  if (preference.upTo === 'webgpu')
    return byWebgpu(webgpu, networks, null) ?? { kind: 'cpu', scope: 'chosen', reason: refusedBy(webgpu, networks) };
  const { device } = setup;
  if (device.kind === 'cpu')
    return byWebgpu(webgpu, networks, device.reason) ?? { kind: 'cpu', scope: 'all', reason: device.reason };
  const rows = networks.map((network) => device.rows.find((row) => row.model === network));
  // Main runs all networks of a tool on the GPU, or none.
  const missing = rows.findIndex((row) => !row || row.phase === 'failed');
  if (missing < 0) {
    const isMade = rows.every((each) => each && isFinished(each));
    return isMade ? { kind: 'gpu', facts: device.facts } : { kind: 'cpu', scope: 'preparing', reason: preparing };
  }
  const row = rows[missing];
  const reason = row?.phase === 'failed' ? row.reason : null;
  return byWebgpu(webgpu, networks, reason) ?? { kind: 'cpu', scope: 'tool', reason };
}

function byWebgpu(rows: Devices['webgpu'], networks: readonly string[], reason: ErrorReport | null): ToolDevice | null {
  const times = networks.map((network) => {
    const row = rows.find(({ model }) => model === network);
    return row?.kind === 'serves' ? row.times : 0;
  });
  return times.length > 0 && !times.includes(0) ? { kind: 'webgpu', times: Math.min(...times), reason } : null;
}

const refusedBy = (rows: Devices['webgpu'], networks: readonly string[]): ErrorReport | null =>
  rows.flatMap((row) => (row.kind === 'refused' && networks.includes(row.model) ? [row.reason] : []))[0] ?? null;

/**
 * The device at work: the running job's own, whatever has become ready meanwhile; without a job the tool's.
 * @param networks the running job's tool's, else the chosen one's.
 */
export function deviceAtWork(devices: Devices, networks: readonly string[], job: Job): ToolDevice | null {
  const { setup } = devices;
  const served = deviceFor(devices, networks);
  if (job.kind !== 'running' || setup.kind !== 'ready' || served?.kind === job.device) return served;
  if (job.device === 'gpu' && setup.device.kind === 'gpu') return { kind: 'gpu', facts: setup.device.facts };
  // A process that died is no reason: it is started again.
  const reason = job.setback && job.setback.code !== 'HOST_DIED' ? job.setback : null;
  if (job.device === 'webgpu') return byWebgpu(devices.webgpu, networks, reason) ?? served;
  return served?.kind === 'gpu' || served?.kind === 'webgpu' ? { kind: 'cpu', scope: 'job', reason } : served;
}
