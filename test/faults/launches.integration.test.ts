/** Many processes share one cache: the work is done once, whichever of them is killed on the way. */
import { execFile, spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { buildEntry } from '../../main/build.fixture';
import { temporaryFolder } from '../../main/example.fixture';
import { fakeApp } from './fakeGpu.fixture';
import { tallyFaults } from './tally.fixture';

const faults = tallyFaults('launches', 'processes killed while others wait for their work');

let hostFile: string;
let launchFile: string;
beforeAll(async () => {
  const built = `launches-${process.pid}`;
  hostFile = await buildEntry('host/index', built);
  // Translated once: it starts 23 times.
  launchFile = await buildEntry('test/faults/launch.fixture', built);
  return () => rm(path.dirname(hostFile), { recursive: true, force: true });
});

const args = (folder: string): string[] => [
  launchFile,
  folder,
  hostFile,
  path.join(import.meta.dirname, 'fakeAddon.fixture.cjs'),
];

async function launch(folder: string): Promise<{ phases: string[]; job: string | false }> {
  const { stdout } = await promisify(execFile)(process.execPath, args(folder));
  return JSON.parse(stdout);
}

/** Lays out what ships; the launches only look at it. */
async function laidOut() {
  const folder = await temporaryFolder();
  return { folder, ...(await fakeApp(folder, hostFile)) };
}

const expectNoLitter = async (folder: string): Promise<void> => {
  const names = await readdir(path.join(folder, 'engines'), { recursive: true });
  expect(names.filter((name) => /\.(tmp|lock)-|replaced-|damaged-/.test(name))).toEqual([]);
};

// Each has a cache of its own, and the second waits for most of its time until a lock is stale.
test.concurrent('twenty simultaneous first launches make a good engine once and race once', async () => {
  const { folder, calls } = await laidOut();
  const launches = await Promise.all(Array.from({ length: 20 }, () => launch(folder)));
  expect(launches.map(({ job }) => job)).toEqual(Array(20).fill('gpu'));
  expect(launches.flatMap(({ phases }) => phases).sort()).toEqual([...Array(19).fill('cached'), 'done']);
  const refits = (await calls()).filter((call) => call.startsWith('refit'));
  // 64 is refitted as the first good engine; both in the one race that follows.
  expect(refits.sort()).toEqual(['refit 32', 'refit 64', 'refit 64']);
  await expectNoLitter(folder);
});

test.concurrent('a launch goes on where another was killed at it', async () => {
  const { folder, calls, fail } = await laidOut();
  await fail({ call: 'refit', at: 1, how: 'stuck' });
  const first = spawn(process.execPath, args(folder), { stdio: 'ignore' });
  while ((await calls()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  const second = launch(folder);
  // Main and its host end at once, as when a laptop's battery is empty.
  const log = await readFile(path.join(folder, 'fake', 'log'), 'utf8');
  first.kill('SIGKILL');
  process.kill(Number(log.trim().split(' ').at(-1)), 'SIGKILL');
  faults.injected(2);
  expect(await second).toEqual({ phases: ['done'], job: 'gpu' });
  await launch(folder);
  await expectNoLitter(folder);
  faults.outlived(2);
});
