/** Another program on this machine's GPU, and the addon that it takes its memory with. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { buildFaults, gpuFaultsFile } from '../addon/buildFaults';

/** Compiles the addon of faults where it is missing: a machine with a GPU may have no compiler. */
export async function provideGpuFaults(): Promise<void> {
  if (!existsSync(gpuFaultsFile)) await buildFaults(console.log, 'gpu');
}

/** Starts another program, which takes the GPU's memory. */
export function otherProgram() {
  const child = fork(path.join(import.meta.dirname, 'holdMemory.fixture.cjs'), [gpuFaultsFile], { execArgv: [] });
  const gone = once(child, 'exit').then(() => {
    throw new Error('The program that takes GPU memory has ended');
  });
  gone.catch(() => {});
  const ask = async (leave?: number): Promise<number> => {
    child.send(leave === undefined ? {} : { leave });
    const [freeBytes] = (await Promise.race([once(child, 'message'), gone])) as [number];
    return freeBytes;
  };
  return {
    /** Takes all memory but `leave` bytes, until `release`. @returns bytes that are free. */
    holdAllBut: (leave: number) => ask(leave),
    release: () => ask(),
    stop: () => child.kill('SIGKILL'),
  };
}
