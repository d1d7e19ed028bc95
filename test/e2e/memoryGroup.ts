/** A cgroup that gives some processes too little memory, as a container or a small machine does. Linux, root. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MemoryGroup {
  add(pid: number): void;
  limit(bytes: number): void;
  /** Moves the processes that are left out of the group, and removes it. */
  remove(): Promise<void>;
}

/** @returns null where none can be made here. */
export function memoryGroup(): MemoryGroup | null {
  const versionOnePath = /^\d+:memory:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  const above = versionOnePath === undefined ? '/sys/fs/cgroup' : `/sys/fs/cgroup/memory${versionOnePath}`;
  const folder = path.join(above, `refit-test-${process.pid}`);
  const limitFile = path.join(folder, versionOnePath === undefined ? 'memory.max' : 'memory.limit_in_bytes');
  try {
    mkdirSync(folder);
  } catch {
    return null;
  }
  if (!existsSync(limitFile)) {
    // The memory controller is not on for groups here.
    rmdirSync(folder);
    return null;
  }
  return {
    add: (pid) => writeFileSync(path.join(folder, 'cgroup.procs'), String(pid)),
    limit: (bytes) => writeFileSync(limitFile, String(bytes)),
    remove: async () => {
      const left = (): string[] =>
        readFileSync(path.join(folder, 'cgroup.procs'), 'utf8').trim().split('\n').filter(Boolean);
      // A process that is ending is in it for a moment still.
      for (let i = 0; i < 50 && left().length > 0; i++) await sleep(100);
      for (const pid of left()) writeFileSync(path.join(above, 'cgroup.procs'), pid);
      rmdirSync(folder);
    },
  };
}
