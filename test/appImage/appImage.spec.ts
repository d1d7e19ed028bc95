/** The AppImage as a person meets it: made, started on a terminal and with its window, updated: `npm run test:appimage`. */
import { execFile, spawn } from 'node:child_process';
import { appendFile, copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { test as base, expect, readLog } from '../e2e/app';
import { windowOf } from '../e2e/debuggingPort';
import { root } from '../e2e/pictures';
import { buildKey, Server } from '../e2e/server';
import { ready } from '../e2e/steps';

const folder = path.join(root, 'release', 'appimage');
const run = promisify(execFile);

/** Made once, to be updated from a server on this machine. */
const test = base.extend<object, { server: Server; made: string }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
    async ({}, use) => {
      const server = new Server();
      await use(server);
      server.stop();
    },
    { scope: 'worker' },
  ],
  made: [
    async ({ server }, use) => {
      const tsx = path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');
      const words = [tsx, 'tools/package.ts', '--appimage', '--updates', await server.start()];
      await run(process.execPath, words, { cwd: root });
      const file = (await readdir(folder)).find((name) => name.endsWith('.AppImage'));
      await use(path.join(folder, file ?? ''));
    },
    { scope: 'worker', timeout: 600_000 },
  ],
});

/** @returns the installed AppImage, in a folder that is a person's. */
async function install(made: string, home: string): Promise<string> {
  const file = path.join(home, 'Applications', 'Refit.AppImage');
  await mkdir(path.dirname(file));
  await mkdir(path.join(home, 'tmp'));
  await copyFile(made, file);
  return file;
}

/** Without FUSE, as in most containers, an AppImage unpacks itself, and takes away what it unpacked. */
const environment = (home: string) => ({
  ...process.env,
  APPIMAGE_EXTRACT_AND_RUN: '1',
  HOME: home,
  TMPDIR: path.join(home, 'tmp'),
  XDG_CONFIG_HOME: path.join(home, '.config'),
  XDG_CACHE_HOME: path.join(home, '.cache'),
});

const chromium = ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];

async function doctor(file: string, home: string): Promise<{ version: string }> {
  const { stdout } = await run(file, ['doctor', '--json', ...chromium], { env: environment(home) });
  return JSON.parse(stdout) as { version: string };
}

/** Opens the window, waits until it can be worked in and for what is to happen, and closes it. @returns the exit code. */
async function open(file: string, home: string, until = async (): Promise<void> => {}): Promise<number | null> {
  const app = spawn(file, [...chromium, '--remote-debugging-port=0'], { env: environment(home) });
  const ended = new Promise<number | null>((resolve) => app.once('close', resolve));
  try {
    const window = await windowOf(app);
    await ready({ window });
    await until();
    await window.close();
    return await ended;
  } finally {
    app.kill();
  }
}

test('answers on a terminal, opens its window, and leaves nothing where it unpacked itself', async ({
  made,
  userDataDir: home,
}) => {
  const file = await install(made, home);
  expect(await doctor(file, home)).toMatchObject({ version: '0.1.0', setup: { kind: expect.any(String) } });
  expect(await open(file, home)).toBe(0);
  expect(await readdir(path.join(home, 'tmp'))).toEqual([]);
});

test('takes an update in its own place, which starts', async ({ made, server, userDataDir: home }) => {
  const file = await install(made, home);
  const newer = path.join(home, 'newer');
  await copyFile(made, newer);
  // What comes after its files an AppImage does not read.
  await appendFile(newer, 'newer');
  const update = await readFile(newer);
  server.offer({ version: '0.2.0', name: 'Refit-0.2.0.AppImage', bytes: update }, await buildKey());
  const log = () => readLog(path.join(home, '.config', 'Refit'));
  const fetched = () => expect.poll(log, { timeout: 120_000 }).toMatch(/has been downloaded to/);
  expect(await open(file, home, fetched)).toBe(0);
  expect((await readFile(file)).equals(update)).toBe(true);
  expect((await readdir(path.dirname(file))).length).toBe(1);
  expect((await doctor(file, home)).version).toBe('0.1.0');
});
