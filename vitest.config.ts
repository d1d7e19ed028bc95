import { configDefaults, defineConfig } from 'vitest/config';

/** Every test that needs no GPU. */
export default defineConfig({
  test: {
    environment: 'node',
    // ONNX Runtime's build for Linux would tell Microsoft of every session.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    include: ['**/*.test.ts', '**/*.test.tsx'],
    exclude: [...configDefaults.exclude, '**/*.gpu.test.ts', 'release/**', 'native/sdk/**', '.cache/**', '.venv/**'],
    // A full engine build on a machine of two cores.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
