/** Opens the app from the working tree: `tsx tools/start.ts [Electron's and Refit's own options]`. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { linkApp, readElectron } from './electron';

const root = path.resolve(import.meta.dirname, '..');
const electron = await readElectron();
if (!electron) throw new Error('No Electron here yet: run `npm start`, which provides it.');

const options = process.argv.slice(2);
// Chromium refuses to sandbox what root starts.
if (process.getuid?.() === 0) options.unshift('--no-sandbox');
if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
  console.error('There is no display here. On a machine without one: xvfb-run -a npm start');
  process.exit(1);
}
await linkApp(electron);
const child = spawn(electron.executable, electron.official ? [root, ...options] : options, {
  cwd: root,
  stdio: 'inherit',
});
child.on('error', (error) => {
  console.error(`Electron did not start: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
