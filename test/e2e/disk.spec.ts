/** A start on a full or read-only disk: the window opens, works, and says what cannot be kept. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { test as base, executables, expect } from './app';
import { windowOf } from './debuggingPort';
import { blank, pictures, root } from './pictures';
import {
  chooseTool,
  expectError,
  openPicture,
  ready,
  run,
  runUntilFirstTile,
  type Shown,
  shareThere,
  work,
} from './steps';

interface Disks extends Shown {
  /** The path at which the app sees a folder of this test. */
  seen(folder: string): string;
  end(): Promise<void>;
}

/** A folder outside the system's temporary one, over which some of the tests mount. */
const test = base.extend<{ place: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  place: async ({}, use) => {
    const place = await mkdtemp(path.join(root, 'release', 'disk-'));
    await mkdir(path.join(place, 'data'));
    await use(place);
    // A test that failed has left its app, which would go on writing there.
    for (const app of apps.splice(0)) app.kill('SIGKILL');
    await rm(place, { recursive: true, force: true, maxRetries: 3 });
  },
});

/** What the running test has started. */
const apps: ChildProcess[] = [];

test.skip(process.platform !== 'linux' || process.getuid?.() !== 0, 'Mounting is root’s, and Linux’s.');

/** Starts the app among mounts of its own. @param mounts shell; `$DATA` is the app's data, `$TEMP` what it has for /tmp. */
async function start(place: string, mounts: string): Promise<Disks> {
  const { XAUTHORITY } = process.env;
  if (XAUTHORITY) await cp(XAUTHORITY, path.join(place, 'key'));
  const script = `
    set -e
    ${mounts}
    exec "$0" --no-sandbox --disable-gpu --remote-debugging-port=0 --user-data-dir="$DATA"`;
  const [data, temp] = ['data', 'temp'].map((name) => path.join(place, name));
  const app = spawn('unshare', ['-m', 'bash', '-c', script, executables.linux ?? ''], {
    env: { ...process.env, DATA: data, TEMP: temp, ...(XAUTHORITY && { XAUTHORITY: path.join(place, 'key') }) },
  });
  apps.push(app);
  const ended = new Promise((resolve) => app.once('exit', resolve));
  const window = await windowOf(app);
  return {
    window,
    seen: (folder) => `/proc/${app.pid}/root${folder}`,
    end: async () => {
      // Closed from outside, a page asks nothing.
      await window.close();
      expect(await ended).toBe(0);
    },
  };
}

/** Mounts a temporary folder of the app's own, with the screen's socket in it. */
const temp = (options: string, rest: string): string => `
  mkdir -p "$TEMP" "$TEMP-x"
  mount --bind /tmp/.X11-unix "$TEMP-x"
  mount -t tmpfs -o ${options} tmpfs /tmp
  mkdir /tmp/.X11-unix
  mount --bind "$TEMP-x" /tmp/.X11-unix
  ${rest}`;
const fill = (folder: string): string => `head -c 3000000 /dev/zero > ${folder}/fill 2>/dev/null || true`;

const kept: [what: string, mounts: string][] = [
  ['the temporary folder is full', temp('size=1m', fill('/tmp'))],
  ['the temporary folder has no file left to give', temp('nr_inodes=4', ': > /tmp/a; : > /tmp/b || true')],
  ['the temporary folder is read-only', temp('size=1m', 'mount -o remount,ro /tmp')],
  ['a folder has the name of the lock', 'mkdir "$DATA/SingletonLock"'],
  ['a file has the name of the lock', ': > "$DATA/SingletonLock"'],
  ['the lock is one of a process that has ended', 'ln -s "$(hostname)-4194000" "$DATA/SingletonLock"'],
];
const notKept: [what: string, mounts: string][] = [
  ['its data is read-only', 'mount --bind "$DATA" "$DATA"; mount -o remount,bind,ro "$DATA"'],
  ['its data is on a full disk', `mount -t tmpfs -o size=64k tmpfs "$DATA"; ${fill('"$DATA"')}`],
  ['its data is on a disk without a file left to give', 'mount -t tmpfs -o nr_inodes=1 tmpfs "$DATA"'],
];

for (const [what, mounts] of [...kept, ...notKept])
  test(`starts and works where ${what}`, async ({ place }) => {
    const refit = await start(place, mounts);
    await ready(refit);
    const notice = refit.window.locator('[data-code="NOTHING_KEPT"]');
    await expect(notice).toHaveCount(notKept.some(([each]) => each === what) ? 1 : 0);
    await work(refit);
    await refit.end();
  });

test('says how much room a result needs where there is too little of it, and makes one that has room', async ({
  place,
}) => {
  const refit = await start(
    place,
    'mount -t tmpfs -o size=256m tmpfs /dev/shm; mount -t tmpfs -o size=520m tmpfs "$DATA"',
  );
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, blank(3000, 3000));
  await refit.window.getByTestId('start').click();
  await expectError(refit, 'PICTURE_NEEDS_ROOM');
  await expect(refit.window.locator('[data-testid="actions"]')).toContainText(
    /needs \d+ MB of memory or disk, and \d+ MB is free/,
  );
  await expect(refit.window.getByTestId('original-canvas')).toBeVisible();
  await openPicture(refit, await pictures['fast-x4']());
  await run(refit);
  await refit.end();
});

test('keeps what is done where the disk runs full in the middle of a job, and starts again once there is room', async ({
  place,
}) => {
  // Memory has too little room for the result; the app leaves 500 MB of the disk to others.
  const refit = await start(
    place,
    'mount -t tmpfs -o size=64m tmpfs /dev/shm; mount -t tmpfs -o size=1000m tmpfs "$DATA"',
  );
  const { window } = refit;
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, blank(3000, 3000));
  await runUntilFirstTile(refit);
  const fill = path.join(refit.seen(path.join(place, 'data')), 'fill');
  const piece = Buffer.alloc(1 << 20);
  const filled = async (): Promise<never> => {
    for (;;) await appendFile(fill, piece);
  };
  await expect(filled()).rejects.toMatchObject({ code: 'ENOSPC' });
  await expectError(refit, 'RESULT_DISK_FULL');
  await expect(window.locator('[data-testid="actions"]')).toContainText('Free some space, then start again.');
  await expect(window.getByTestId('result-canvas')).toBeVisible();
  const share = await shareThere(refit);
  expect(share).toBeGreaterThan(0);
  expect(share).toBeLessThan(1);

  await rm(fill);
  await runUntilFirstTile(refit);
  await expect(window.locator('[data-testid="actions"]').getByTestId('error-inline')).toBeHidden();
  await window.getByTestId('cancel').click();
  await expect(window.getByTestId('start')).toBeEnabled();
  await refit.end();
});

test('a second app with the same data leaves the window to the first', async ({ place }) => {
  const refit = await start(place, ':');
  await ready(refit);
  const args = ['--no-sandbox', '--disable-gpu', `--user-data-dir=${path.join(place, 'data')}`];
  // The second app ends by itself, with exit code 0.
  execFileSync(executables.linux ?? '', args, { stdio: 'ignore', timeout: 60_000 });
  await ready(refit);
  await refit.end();
});
