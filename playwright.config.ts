import { defineConfig } from '@playwright/test';

/** Tests that watch processes by the clock or want a real GPU: the machine is theirs alone. */
const alone = ['clock', 'gpu', 'looking', 'stopped', 'twoGpus', 'webgpu'].map((name) => `**/${name}.spec.ts`);

/** Apps that do nothing for most of a minute: they wait for a server, or are watched while they rest. */
const waiting = ['**/idle.spec.ts', '**/slowServer.spec.ts'];

/**
 * End-to-end tests of the packaged app. `tools/check.ts e2e` runs `together` with `waiting`, and then `alone`. Each worker has a
 * screen of its own (test/e2e/app.ts).
 */
export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '*.spec.ts',
  globalSetup: './test/e2e/removeLeftovers.ts',
  projects: [
    // Two files at once: a job on the processor takes 1 to 1.5 GB, and both cores.
    { name: 'together', testIgnore: [...alone, ...waiting], outputDir: 'test-results/e2e', workers: 2 },
    { name: 'waiting', testMatch: waiting, outputDir: 'test-results/e2e-waiting', workers: 6, fullyParallel: true },
    { name: 'alone', testMatch: alone, outputDir: 'test-results/e2e-alone', workers: 1 },
  ],
  workers: 8,
  // A test that passes at the second try hides a fault that users may meet, so none is tried again here. In CI, two apps at a time on
  // a machine that others share, one is; the report names each that needed it, and each is to be looked into.
  retries: process.env.REFIT_STRICT === '1' ? 1 : 0,
  maxFailures: 0,
  // Patience, not a measure: two apps share two cores.
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
});
