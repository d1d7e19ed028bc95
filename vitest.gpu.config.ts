import { configDefaults, defineConfig } from 'vitest/config';

/** Tests that need an NVIDIA GPU: one after the other, so that each has the card to itself and its timings are its own. */
export default defineConfig({
  test: {
    environment: 'node',
    // ONNX Runtime's build for Linux would tell Microsoft of every session.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    include: ['**/*.gpu.test.ts'],
    exclude: [...configDefaults.exclude, 'release/**', 'native/sdk/**', '.cache/**', '.venv/**'],
    // A process each: after a CUDA fault nothing in that process can be trusted.
    pool: 'forks',
    fileParallelism: false,
    sequence: { concurrent: false },
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
