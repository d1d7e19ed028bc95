import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Schemas parse what a process does not trust, which the window is itself: it would only read them at each start, a third of its script. */
const withoutSchemas: Plugin = {
  name: 'without-schemas',
  enforce: 'pre',
  resolveId(source, importer) {
    if (source === 'zod')
      this.error(`The window loads no schemas: ${importer} imports zod. Import types alone, or move the value.`);
  },
};

// The window is served from files under a strict Content-Security-Policy: nothing inline, nothing from elsewhere.
export default defineConfig({
  root: path.join(import.meta.dirname, 'renderer'),
  base: './',
  plugins: [react(), withoutSchemas],
  build: {
    outDir: path.join(import.meta.dirname, 'dist', 'renderer'),
    emptyOutDir: true,
    // The oldest Chromium that Refit runs in, that of Electron 25 (tools/electron.ts).
    target: 'chrome114',
    assetsInlineLimit: 0,
    // Read from the disk, never from a network.
    chunkSizeWarningLimit: 4096,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html', 'workshop.html'].map((page) => path.join(import.meta.dirname, 'renderer', page)),
    },
  },
});
