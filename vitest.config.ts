import os from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

const everywhere = [
  ...configDefaults.exclude,
  '**/*.gpu.test.ts',
  'release/**',
  'native/sdk/**',
  '.cache/**',
  '.venv/**',
];

/**
 * Unit tests that each need modules of their own: the window's, whose state lies in its modules, and those that put stand-ins in the
 * place of modules. The others share a process and what it has loaded, which halves their time.
 */
const isolated = [
  'renderer/**/*.test.ts',
  'renderer/**/*.test.tsx',
  'main/log.test.ts',
  'main/queue/commands.test.ts',
  'main/updates/updates.test.ts',
  'main/window/ipc.test.ts',
  'tools/packageRelease.test.ts',
];

/** Vitest leaves a core to itself otherwise: half of a machine of two. */
const sideBySide = { maxWorkers: os.availableParallelism() };

/**
 * Every test that needs no GPU. `*.integration.test.ts` may need the set-up (addon, SDK, models, Python) or start processes, and
 * may take long; every other is a unit test, which `npm ci` is enough for.
 */
export default defineConfig({
  test: {
    environment: 'node',
    // ONNX Runtime's build for Linux would tell Microsoft of every session.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    // A full engine build on a machine of two cores.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // On a busy machine Vitest's own limit, a second, is too short for what a test waits for.
    expect: { poll: { timeout: 60_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: [...everywhere, '**/*.integration.test.ts', ...isolated],
          ...sideBySide,
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'isolated', include: isolated, exclude: everywhere, ...sideBySide },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          exclude: everywhere,
          ...sideBySide,
        },
      },
    ],
  },
});
