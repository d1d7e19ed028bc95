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
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: [...everywhere, '**/*.integration.test.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'integration', include: ['**/*.integration.test.ts'], exclude: everywhere },
      },
    ],
  },
});
