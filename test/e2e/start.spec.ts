/** `npm start` in a working tree that is set up: the one test that does not start the packaged app. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readElectron, unlinkApp } from '../../tools/electron';
import { test as base, expect } from './app';
import { windowOf } from './debuggingPort';
import { pictures, root } from './pictures';
import { chooseTool, openPicture, ready, run } from './steps';

const isWindows = process.platform === 'win32';

interface Started {
  npm: ChildProcess;
  /** What it printed so far. */
  output(): string;
  /** Its exit code, once it has ended. */
  ended: Promise<number | null>;
}

const test = base.extend<{ started: Started }>({
  started: async ({ userDataDir }, use) => {
    const options = [`--user-data-dir=${userDataDir}`, '--remote-debugging-port=0', '--disable-gpu'];
    const npm = spawn('npm', ['start', '--', ...options], {
      cwd: root,
      // npm is a batch file on Windows. Elsewhere a group of its own, so that all that it starts can be ended.
      shell: isWindows,
      detached: !isWindows,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [npm.stdout, npm.stderr])
      stream.on('data', (data) => {
        output += data;
      });
    const ended = new Promise<number | null>((resolve) => npm.once('close', resolve));
    await use({ npm, output: () => output, ended });
    if (npm.exitCode === null && npm.pid) process.kill(isWindows ? npm.pid : -npm.pid, 'SIGTERM');
    await ended;
    const electron = await readElectron();
    if (electron) await unlinkApp(electron);
  },
});

test('npm start opens the app from the working tree, and ends as its window does', async ({ started }) => {
  const window = await windowOf(started.npm);
  for (const step of ['npm packages', 'Electron', 'TensorRT-RTX', 'Native addon', 'Models', 'App'])
    expect(started.output()).toContain(`● ${step}`);
  await ready({ window });
  // Addon, models and hosts are the tree's own here.
  await chooseTool({ window }, 'fast-x4');
  await openPicture({ window }, await pictures['fast-x4']());
  await run({ window });
  await window.close();
  expect(await started.ended).toBe(0);
});
