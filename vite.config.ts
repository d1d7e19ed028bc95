import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The window is served from files under a strict Content-Security-Policy: nothing inline, nothing from elsewhere.
export default defineConfig({
  root: path.join(import.meta.dirname, 'renderer'),
  base: './',
  plugins: [react()],
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
