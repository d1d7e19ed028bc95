/** Whether the system ended processes of this app for want of memory. Linux alone tells: a count that only grows. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The count of this process's cgroup, whose limit or the whole machine's may be what ran out; where the cgroup has none, as the
 * outermost one, the machine's. @param root `/` but for a test's. @returns 0 where nothing counts.
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
    // A container sees its own group as the root.
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
