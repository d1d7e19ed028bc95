/** The addons have the protections against attacks that native/addon.cmake asks compiler and linker for. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { devAddonFile } from '../../native/addon';

const root = join(import.meta.dirname, '..', '..');
const addons = [devAddonFile, join('native', 'build', 'pixels.node')];
const readelf = (...args: string[]) => execFileSync('readelf', ['-W', ...args], { encoding: 'utf8' });

describe.runIf(process.platform === 'linux').each(addons)('%s', (name) => {
  const file = join(root, name);

  test('binds its imports at load time and then makes them read-only', () => {
    expect(readelf('-d', file)).toMatch(/FLAGS.*NOW/);
    expect(readelf('-l', file)).toMatch(/GNU_RELRO/);
  });

  test('has a stack that is not executable', () => {
    expect(readelf('-l', file)).toMatch(/GNU_STACK .* RW /);
  });

  test('checks its stack frames', () => {
    expect(readelf('--dyn-syms', file)).toMatch(/__stack_chk_fail/);
  });

  // The addon of picture files makes no call that could be checked.
  test.runIf(name === devAddonFile)('checks the bounds of calls into the C library', () => {
    expect(readelf('--dyn-syms', file)).toMatch(/__snprintf_chk/);
  });

  test.runIf(process.arch === 'x64')('marks the targets of its indirect jumps', () => {
    const code = execFileSync('objdump', ['-d', '--no-show-raw-insn', file], { encoding: 'utf8', maxBuffer: 2 ** 29 });
    expect(code.match(/\bendbr64\b/g)?.length).toBeGreaterThan(100);
  });
});
