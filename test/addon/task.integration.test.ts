/** The addon's tasks when their work fails, with work and buffers of the tests' own (faults/task_faults.cc). */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildFaults, taskFaultsFile } from './buildFaults';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  await buildFaults(() => {}, 'task');
  folder = await mkdtemp(join(tmpdir(), 'refit-task-'));
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Calls the faults' addon in a process of its own, which may die of it. @returns what its promise rejects with, its stderr. */
async function failure(call: string, env: NodeJS.ProcessEnv = {}) {
  const script = `
    require(process.argv[1]).${call}.then(
      () => console.log('{}'),
      ({ code, message }) => console.log(JSON.stringify({ code, message })),
    );`;
  const { stdout, stderr } = await run(process.execPath, ['-e', script, taskFaultsFile], {
    env: { ...process.env, ...env },
  });
  const error: { code?: string; message?: string } = JSON.parse(stdout);
  return { ...error, stderr };
}

const noError = { code: 'RUN_FAILED', message: 'Native code threw something that is no error.' };
const exception = { code: 'RUN_FAILED', message: 'an exception' };
const ours = { code: 'FILE_FAILED', message: 'an error of ours' };
describe.each(['work', 'convert', 'settling'])('a throw of the task while it does its part "%s"', (where) => {
  test.each([
    ['a number', 'number', noError],
    ["one of the standard library's exceptions", 'exception', exception],
    ['an error of ours', 'error', ours],
  ])('rejects the promise where it throws %s', async (_, how, expected) => {
    expect(await failure(`runTask('${where}', '${how}')`)).toMatchObject(expected);
  });
});

test('gives a line of the library to the scopes of its thread, nested ones too, and to no other', async () => {
  const script = 'console.log(JSON.stringify(require(process.argv[1]).logInNestedScopes()))';
  const { stdout } = await run(process.execPath, ['-e', script, taskFaultsFile]);
  expect(JSON.parse(stdout)).toEqual(['error: inside', 'error: inside\nerror: after', '']);
});

test.runIf(process.platform === 'linux')('waits for copies under way before it frees what they read', async () => {
  await run('cc', [
    '-shared',
    '-fPIC',
    '-o',
    join(folder, 'libcuda.so.1'),
    join(import.meta.dirname, 'driver.fixture.c'),
  ]);
  const { code, stderr } = await failure('copyThenThrow()', { LD_LIBRARY_PATH: folder, DRIVER_CARDS: '1' });
  expect(code).toBe('FILE_FAILED');
  expect(stderr.trim().split('\n')).toEqual(['copy', 'wait', 'free']);
});
