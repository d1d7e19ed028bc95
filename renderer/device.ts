/** Which device one tool runs on, as the status line says it. Pure. */
import type { ErrorReport } from '../app/errors';
import type { GpuFacts, Setup } from '../app/states';

export type ToolDevice =
  | { kind: 'gpu'; facts: GpuFacts }
  /** `scope`: whether every tool is on the processor or this one alone. `reason` may be unknown for one alone. */
  | { kind: 'cpu'; scope: 'all'; reason: ErrorReport }
  | { kind: 'cpu'; scope: 'tool'; reason: ErrorReport | null };

/** @param networks the tool's own and its parts'; none for no tool. @returns null while setup has not decided. */
export function deviceFor(setup: Setup, networks: readonly string[]): ToolDevice | null {
  if (setup.kind !== 'ready') return null;
  const { device } = setup;
  if (device.kind === 'cpu') return { kind: 'cpu', scope: 'all', reason: device.reason };
  const rows = networks.map((network) => device.rows.find((row) => row.model === network));
  // All of a tool or none: main runs it so too.
  const missing = rows.findIndex((row) => !row || row.phase === 'failed');
  if (missing < 0) return { kind: 'gpu', facts: device.facts };
  const row = rows[missing];
  return { kind: 'cpu', scope: 'tool', reason: row?.phase === 'failed' ? row.reason : null };
}
