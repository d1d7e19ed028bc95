/** Tells whether the system ended processes of this app for want of memory. Only Linux counts them, and its count only grows. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Kills for want of memory so far in this process's cgroup, whether the cgroup's limit or the machine's memory ran out. A cgroup
 * without a count, as the outermost one, gives the machine's. @param root another one in tests. @returns 0 where nothing counts.
 */
export function oomKills(root = '/'): number {
  const read = (file: string): string => {
    try {
      return readFileSync(path.join(root, file), 'utf8');
    } catch {
      return '';
    }
  };
  const groups = read('proc/self/cgroup');
  const [v1, v2] = [/^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m, /^0::(.*)$/m].map((one) => one.exec(groups)?.[1]);
  const counts = [
    ...(v2 === undefined ? [] : [`sys/fs/cgroup${v2}/memory.events`]),
    // A container sees its own cgroup as the root.
    ...(v1 === undefined
      ? []
      : [`sys/fs/cgroup/memory${v1}/memory.oom_control`, 'sys/fs/cgroup/memory/memory.oom_control']),
    'proc/vmstat',
  ];
  for (const file of counts) {
    const count = /^oom_kill (\d+)$/m.exec(read(file))?.[1];
    if (count !== undefined) return Number(count);
  }
  return 0;
}
