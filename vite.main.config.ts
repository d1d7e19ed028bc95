import path from 'node:path';
import { defineConfig } from 'vite';

/** What runs outside the window; `--mode` names one (tools/build.ts builds each). */
const entries: Record<string, { source: string; folder: string }> = {
  open: { source: 'main/open.ts', folder: 'main' },
  preload: { source: 'main/window/preload.ts', folder: 'main' },
  workshopPreload: { source: 'main/window/workshopPreload.ts', folder: 'main' },
  host: { source: 'host/index.ts', folder: 'host' },
};

export default defineConfig(({ mode }) => {
  const { source, folder } = entries[mode] ?? { source: '', folder: '' };
  return {
    root: import.meta.dirname,
    publicDir: false,
    build: {
      ssr: path.join(import.meta.dirname, source),
      outDir: path.join(import.meta.dirname, 'dist', folder),
      emptyOutDir: false,
      // Node 18.15 is what Electron 25 has inside, the oldest that Refit runs in (tools/electron.ts).
      target: 'node18',
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        // The only packages that stay packages: Electron is there already, and ONNX Runtime is native code.
        external: ['electron', 'onnxruntime-node', 'sharp'],
        // CommonJS, because Electron had no ES modules in main before 28 and has none in a sandboxed preload.
        // As require(): Electron 25 cannot import() out of the asar.
        output: {
          format: 'cjs',
          entryFileNames: '[name].js',
          chunkFileNames: '[name].js',
          // Main reads its second file once the window is on its way. The sandboxed preload must be a single file.
          codeSplitting: mode === 'open',
          dynamicImportInCjs: false,
        },
      },
    },
    // Packages would otherwise stay outside, as a server's do.
    ssr: { noExternal: true, target: 'node' },
  };
});
