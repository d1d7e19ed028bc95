import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../main/example.fixture';
import { dropTally, faultReport, faultsCommand, gpuFaultsCommand, writeTally } from './tally';

test('tells each run with the command that makes it, and the sum', async () => {
  const dir = await temporaryFolder();
  await writeTally(dir, 'cache', { name: 'cache writes', injected: 1200, survivors: 0, command: faultsCommand });
  await writeTally(dir, 'gpu', { name: 'a real GPU', injected: 34, survivors: 2, command: gpuFaultsCommand });
  const { lines, survivors } = await faultReport(dir);
  expect(lines.map((line) => line.trim())).toEqual([
    `1,200 faults injected, 0 survivors: cache writes (\`${faultsCommand}\`)`,
    `34 faults injected, 2 survivors: a real GPU (\`${gpuFaultsCommand}\`)`,
    '1,234 faults injected, 2 survivors: in all',
  ]);
  expect(survivors).toBe(2);
});

test('says which run is of an earlier version, and counts nothing of it', async () => {
  const dir = await temporaryFolder();
  await writeFile(path.join(dir, 'gpu.faults.json'), '{"name":"a real GPU","injected":15,"survivors":0}');
  const { lines } = await faultReport(dir);
  expect(lines.map((line) => line.trim())).toEqual([
    'gpu.faults.json is not as it is written now: make it again',
    '0 faults injected, 0 survivors: in all',
  ]);
});

test('says how to make faults where there are none, also where a run did not get to its end', async () => {
  const dir = path.join(await temporaryFolder(), 'none yet');
  expect((await faultReport(dir)).lines).toEqual([expect.stringContaining(faultsCommand)]);
  await writeTally(dir, 'cache', { name: 'cache writes', injected: 1, survivors: 0, command: faultsCommand });
  await dropTally(dir, 'cache');
  expect((await faultReport(dir)).lines).toEqual([expect.stringContaining(faultsCommand)]);
});

test('is part of the report, fuzzed or not', async () => {
  const index = path.join(import.meta.dirname, '..', 'fuzz', 'index.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', index, '--report']).catch(
    (ended: { stdout: string }) => ended,
  );
  expect(stdout).toMatch(/faults injected/i);
});
