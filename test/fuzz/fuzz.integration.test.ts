/** The part of `npm run fuzz` in every test run: the same inputs each time, and those by which faults were once found. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildEntry } from '../../main/build.fixture';
import { devAddonFile } from '../../native/addon';
import { addonTargets } from './addon';
import { run } from './run';
import { limitMsOf, slugOf, type Target } from './target';
import { targets } from './targets';

const root = path.resolve(import.meta.dirname, '..', '..');
const corpus = path.join(import.meta.dirname, 'corpus');
const script = targets.filter((target) => !addonTargets.includes(target));

let worker: string;
beforeAll(async () => {
  // Translated once: each target has a process of its own.
  worker = await buildEntry('test/fuzz/worker', `fuzz-${process.pid}`);
  return () => rm(path.dirname(worker), { recursive: true, force: true });
});

describe('refuses or takes, and never dies, hangs or grows, over', () => {
  test.each(script)('$name', async (target: Target) => {
    const { inputs, survivors } = await run(worker, target, 'every test run', target.quickInputs);
    expect(survivors).toEqual([]);
    expect(inputs).toBe(target.quickInputs);
  });
});

test('counts a process that at any moment has held more than it may', async () => {
  const [target] = script;
  if (!target) throw new Error('no target');
  const { survivors } = await run(worker, { ...target, maxBytes: 2 ** 20 }, 'every test run', 3);
  expect([...new Set(survivors.map(({ kind }) => kind))]).toEqual(['memory']);
});

describe.skipIf(!existsSync(path.join(root, devAddonFile)))('outlives', () => {
  test.each(addonTargets)('$name', async (target) => {
    const { inputs, survivors } = await run(worker, target, 'every test run', target.quickInputs);
    expect(survivors).toEqual([]);
    expect(inputs).toBe(target.quickInputs);
  });
});

test('tries nothing and fails where no target has the name that is asked for', async () => {
  const index = path.join(import.meta.dirname, 'index.ts');
  const asked = promisify(execFile)(process.execPath, ['--import', 'tsx', index, '--only', 'nobody']);
  await expect(asked).rejects.toMatchObject({ stderr: expect.stringContaining('No target is called "nobody"') });
});

describe('what was found once, in', () => {
  const kept = readdirSync(corpus).map((folder) => {
    const target = targets.find((each) => slugOf(each) === folder);
    if (!target) throw new Error(`No target is called ${folder}`);
    return { folder, target };
  });
  test.each(kept)('$folder, is refused and no longer hangs', async ({ folder, target }) => {
    const trial = await target.open();
    try {
      for (const file of readdirSync(path.join(corpus, folder))) {
        const bytes = new Uint8Array(await readFile(path.join(corpus, folder, file)));
        const from = performance.now();
        expect(await trial.replay?.(bytes), file).toBe('refused');
        expect(performance.now() - from, file).toBeLessThan(limitMsOf(target));
      }
    } finally {
      await trial.close?.();
    }
  });
});
