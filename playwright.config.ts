import { defineConfig } from '@playwright/test';

/** End-to-end tests of the packaged app (test/e2e/app.ts). One at a time: the app wants the machine for itself. */
export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '*.spec.ts',
  outputDir: 'test-results/e2e',
  globalSetup: './test/e2e/emptyScreens.ts',
  workers: 1,
  fullyParallel: false,
  // No retries: a test that passes at the second try hides a fault that users will meet.
  retries: 0,
  maxFailures: 0,
  timeout: 180_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
});
