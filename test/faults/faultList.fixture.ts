/** A test's end of the faults that it asks of its hosts; theirs is faultList.fixture.cjs. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

export type Fault = {
  call: 'refit' | 'open' | 'run';
  /** The one call, counted from 1; or that and all after it. Omitted: each. */
  at?: number;
  from?: number;
  tile?: number;
  how:
    | 'segfault'
    | 'killed'
    | 'stopped'
    | 'abort'
    | 'exit'
    | 'loop'
    | 'stuck'
    | 'outOfMemory'
    | 'CUDA'
    | 'RUN_FAILED'
    | 'OUT_OF_VRAM'
    | 'OUT_OF_MEMORY'
    | 'DRIVER_MISSING'
    | 'SESSION_FAILED';
};

export async function faultList(folder: string) {
  await mkdir(folder, { recursive: true });
  const lines = async (file: string): Promise<string[]> =>
    (await readFile(path.join(folder, file), 'utf8').catch(() => '')).split('\n').filter(Boolean);
  return {
    /** For the hosts. */
    env: { REFIT_FAULTS: folder },
    /** From now on these, and no others. */
    fail: (...faults: Fault[]) => writeFile(path.join(folder, 'faults.json'), JSON.stringify(faults)),
    /** How many faults there were, in all processes. */
    injected: async (): Promise<number> => (await lines('injected')).length,
    /** What the addon was called for, in all processes: "run 64". */
    calls: async (): Promise<string[]> => (await lines('log')).map((line) => line.split(' ').slice(0, 2).join(' ')),
  };
}
