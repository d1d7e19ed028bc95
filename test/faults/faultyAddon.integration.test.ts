/** Real crashes of native code in an engine host; gpu.gpu.test.ts has those that need a GPU. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { buildEntry } from '../../main/build.fixture';
import { temporaryFolder } from '../../main/example.fixture';
import { buildFaults, gpuFaultsFile } from '../addon/buildFaults';
import { expected, fakeApp } from './fakeGpu.fixture';
import { tallyFaults } from './tally.fixture';

const faults = tallyFaults('native', 'engine hosts whose native code crashes');

let hostFile: string;
beforeAll(async () => {
  await buildFaults(() => {}, 'gpu');
  hostFile = await buildEntry('host/index', `native-${process.pid}`);
  return () => rm(path.dirname(hostFile), { recursive: true, force: true });
});

let running: Awaited<ReturnType<typeof fakeApp>> | undefined;
afterEach(() => running?.stop());

test.each(['segfault', 'abort'] as const)('native code that ends in a %s costs no tile that was there', async (how) => {
  const file = path.join(import.meta.dirname, 'faultyAddon.fixture.cjs');
  const REFIT_ADDON = path.join(import.meta.dirname, 'fakeAddon.fixture.cjs');
  const addon = { file, env: { REFIT_ADDON, REFIT_GPU_FAULTS: gpuFaultsFile } };
  running = await fakeApp(await temporaryFolder(), hostFile, { addon });
  await running.ready();
  const runs = (await running.calls()).filter((call) => call.startsWith('run')).length;
  // Both addons log each run, the outer one first.
  await running.fail({ call: 'run', at: runs + 25, how });
  faults.injected();
  expect(await running.run()).toMatchObject({ kind: 'done', device: 'gpu', setback: { code: 'HOST_DIED' } });
  expect(running.deaths).toMatchObject([{ how: 'crashed' }]);
  expect(Buffer.compare(running.canvas, expected)).toBe(0);
  expect(running.drawn.every((times) => times === 1)).toBe(true);
  faults.outlived();
});
