/** Which device one tool runs on, as the status line says it. Pure. */
import type { ErrorReport } from '../app/errors';
import type { GpuFacts, Setup } from '../app/states';

export type ToolDevice =
  | { kind: 'gpu'; facts: GpuFacts }
  /** `scope`: whether every tool is on the processor or this one alone. `reason` may be unknown for one alone. */
  | { kind: 'cpu'; scope: 'all'; reason: ErrorReport }
  | { kind: 'cpu'; scope: 'tool'; reason: ErrorReport | null };

/** @returns null while setup has not decided. */
export function deviceFor(setup: Setup, model: string | null): ToolDevice | null {
  if (setup.kind !== 'ready') return null;
  const { device } = setup;
  if (device.kind === 'cpu') return { kind: 'cpu', scope: 'all', reason: device.reason };
  const row = device.rows.find((r) => r.model === model);
  if (model === null || (row && row.phase !== 'failed')) return { kind: 'gpu', facts: device.facts };
  return { kind: 'cpu', scope: 'tool', reason: row?.phase === 'failed' ? row.reason : null };
}
