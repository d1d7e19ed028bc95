/** Lets a test ask its hosts for faults; faultList.fixture.cjs is the hosts' side. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

export type Fault = {
  call: 'refit' | 'open' | 'run';
  /** `at`: the number of the one call that fails, from 1 on. `from`: that call and all after it. Without both every call fails. */
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
    /** The hosts' environment. */
    env: { REFIT_FAULTS: folder },
    /** Asks for these faults from now on, and for no others. */
    fail: (...faults: Fault[]) => writeFile(path.join(folder, 'faults.json'), JSON.stringify(faults)),
    /** How many faults there were, in all processes. */
    injected: async (): Promise<number> => (await lines('injected')).length,
    /** The addon's calls in all processes, as "run 64". */
    calls: async (): Promise<string[]> => (await lines('log')).map((line) => line.split(' ').slice(0, 2).join(' ')),
  };
}
