import { defineConfig } from '@playwright/test';

/** The AppImage alone: it takes minutes to make. */
export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results/appImage',
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 60_000 },
});
