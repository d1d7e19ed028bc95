/** Makes a driver for tests: the real one, except for a call that fails. LD_LIBRARY_PATH must be its folder. Linux. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Compiles the driver into `folder`. @param real the real driver's file. */
export function makeFailingDriver(folder: string, real: string): void {
  const compile = (...args: string[]) => execFileSync('cc', ['-shared', '-fPIC', ...args], { cwd: folder });
  // A library is linked by the name that it calls itself, which for a driver's is the very name of ours. A stand-in that
  // calls itself by the real one's path makes the system open that.
  writeFileSync(join(folder, 'empty.c'), '');
  compile('-o', 'real.so', `-Wl,-soname,${real}`, 'empty.c');
  const source = join(import.meta.dirname, 'failingDriver.fixture.c');
  compile('-o', 'libcuda.so.1', `-DREAL="${real}"`, source, '-Wl,--no-as-needed', './real.so', '-ldl');
}
