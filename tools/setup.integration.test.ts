/** Set-up as `npm start` and `npm test` run it, where a step fails: no later step may run on a half-made tree. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { defaultRuntime, runtimeOf } from '../app/runtimes';

const root = path.resolve(import.meta.dirname, '..');

function setUp(steps: string[], env: NodeJS.ProcessEnv = {}): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(root, 'tools', 'setup.mjs'), ...steps], {
    cwd: os.tmpdir(),
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

it('ends at the step that fails, saying what to do, and runs none after it', () => {
  const nowhere = path.join(os.tmpdir(), 'no such SDK');
  const { code, out, err } = setUp(['sdk', 'app'], { TENSORRT_RTX_ROOT: nowhere });
  expect(code).toBe(1);
  expect(err).toContain(`✗ TensorRT-RTX libraries and headers: TENSORRT_RTX_ROOT=${nowhere} is not`);
  expect(err).toContain('What to do: Check that Python 3 with pip and cargo are installed');
  expect(err).toContain('Then run the same command again; what is done stays done.');
  expect(out).toContain('● TensorRT-RTX libraries and headers');
  expect(out).not.toContain('● App');
});

it('keeps what an earlier set-up made where a step fails', () => {
  setUp(['sdk'], { TENSORRT_RTX_ROOT: path.join(os.tmpdir(), 'no such SDK') });
  expect(existsSync(path.join(root, 'native', 'sdk', runtimeOf(defaultRuntime).version, 'stamp'))).toBe(true);
  expect(setUp(['sdk'])).toMatchObject({ code: 0, out: expect.stringContaining('there already') });
});

it('refuses an unknown step, and names the known ones', () => {
  const { code, err } = setUp(['bake']);
  expect(code).toBe(2);
  expect(err).toContain(
    'No such step: bake. There are: electron, sdk, addon, runtime-1.7.1, runtime-1.6.1, models, app.',
  );
});
