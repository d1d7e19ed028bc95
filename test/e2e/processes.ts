/** Processes as the kernel sees them. */
import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel says of a running process (`/proc/<pid>/status`). */
export interface ProcessStatus {
  command: string;
  fields: Record<string, string>;
}

/** The processes that `pid` started, and those that they did. */
export function descendants(pid: number): ProcessStatus[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const lines = readFileSync(`/proc/${name}/status`, 'utf8').trim().split('\n');
        const fields = Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2) as [string, string]));
        return [{ command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '), fields }];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
  const below = (parent: string): ProcessStatus[] =>
    all.filter(({ fields }) => fields.PPid === parent).flatMap((each) => [each, ...below(each.fields.Pid ?? '')]);
  return below(String(pid));
}
