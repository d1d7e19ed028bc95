/** The Linux package as a person meets it: installed, started from the menu, used, started again, removed. */
import { execFileSync } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { FuseState } from '@electron/fuses/dist/constants.js';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { onScreen as base, executables, expect } from './app';
import { windowOf } from './debuggingPort';
import { Machine } from './machine';
import { pictures, root } from './pictures';
import { descendants } from './processes';
import { buildKey, Server } from './server';
import { chooseTool, openPicture, ready, run } from './steps';

const folder = path.join(root, 'release', 'installer');

const test = base.extend<{ machine: Machine }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  machine: async ({}, use, testInfo) => {
    const machine = await Machine.start().catch((error: Error) => {
      // A container may be forbidden to mount anything; the report then says that this did not run, and why.
      testInfo.skip(true, error.message);
      throw error;
    });
    await use(machine);
    await machine.stop();
  },
});

test.skip(process.platform !== 'linux' || !existsSync('/usr/bin/dpkg'), 'A deb is for Debian and its derivatives.');

async function debFile(): Promise<string> {
  const file = (await readdir(folder).catch(() => [])).find((name) => name.endsWith('.deb'));
  if (!file) throw new Error('No package to install: run `npm run package -- --installer` first.');
  return path.join(folder, file);
}

const menuFile = '/usr/share/applications/refit.desktop';

/** What the menu entry has under a key. */
const inMenu = (machine: Machine, key: string): string =>
  new RegExp(`^${key}=(.*)$`, 'm').exec(machine.run('cat', [menuFile]).output)?.[1] ?? '';

/** The menu entry's command, with files in place of its placeholder for any number of them. */
const menuCommand = (machine: Machine, files: readonly string[] = []): string[] =>
  inMenu(machine, 'Exec')
    .split(' ')
    .flatMap((word) => (word === '%F' ? files : [word]));

interface Opened {
  window: Page;
  pid: number;
  /** Closes the window as its cross does, and waits for the app to end. @returns its exit code. */
  close(): Promise<number | null>;
}

/**
 * Opens the menu entry. The inspector that Playwright's own way of starting Electron needs is closed in what ships, so the
 * window is looked at as a web page is, over Chromium's debugging port.
 */
async function openFromMenu(
  machine: Machine,
  { files, ...as }: { asRoot?: boolean; files?: readonly string[] } = {},
): Promise<Opened> {
  const [command = '', ...args] = menuCommand(machine, files);
  const app = machine.open(command, [...args, '--remote-debugging-port=0', '--disable-gpu'], as);
  const window = await windowOf(app);
  const ended = new Promise<number | null>((resolve) => app.once('close', resolve));
  return {
    window,
    pid: app.pid ?? 0,
    close: async () => {
      // Closed from outside, a page asks nothing.
      await window.close();
      return ended;
    },
  };
}

async function enlarge(opened: Opened): Promise<void> {
  await ready(opened);
  await expect(opened.window.getByTestId('why')).toHaveText('Running on your processor. Why?');
  await chooseTool(opened, 'fast-x4');
  await openPicture(opened, await pictures['fast-x4']());
  await run(opened);
}

test('reaches no file of the real system, and not what its kernel has of AppArmor', async ({ machine }) => {
  const file = path.join('/usr/share', `refit-${process.pid}`);
  expect(machine.run('touch', [file]).status).toBe(0);
  expect(existsSync(file)).toBe(false);
  expect(machine.run('find', ['/sys/kernel/security', '-mindepth', '1']).output).toBe('');
});

test("runs the window in Chromium's sandbox for an ordinary user", async ({ machine }) => {
  test.skip(
    process.getuid?.() !== 0,
    'Who is not root is root in a machine of its own, and starts the app without it.',
  );
  const installed = machine.run('dpkg', ['-i', await debFile()]);
  expect(installed, installed.output).toMatchObject({ status: 0 });
  const opened = await openFromMenu(machine);
  await ready(opened);
  const renderers = descendants(opened.pid).filter(({ command }) => command.includes('--type=renderer'));
  expect(renderers).toHaveLength(1);
  const { command, fields } = renderers[0] ?? { command: '', fields: {} };
  expect(command).not.toContain('--no-sandbox');
  // A seccomp filter, no new privileges, no capabilities, and a PID namespace of its own.
  expect(fields).toMatchObject({ Seccomp: '2', NoNewPrivs: '1', CapEff: '0000000000000000' });
  expect(fields.NSpid?.split('\t').length).toBeGreaterThan(1);
  expect(await opened.close()).toBe(0);
});

test('installs, starts from the menu, works, starts again, and leaves nothing but what the person made', async ({
  machine,
}) => {
  const installed = machine.run('dpkg', ['-i', await debFile()]);
  expect(installed, installed.output).toMatchObject({ status: 0 });
  expect(machine.run('dpkg', ['--verify', 'refit']).output).toBe('');
  await expectClosed(machine.outside('/opt/Refit/refit'));

  const first = await openFromMenu(machine);
  await enlarge(first);
  expect(await first.close()).toBe(0);

  const second = await openFromMenu(machine);
  await enlarge(second);
  expect(await second.close()).toBe(0);

  const own = `${machine.home}/Pictures/larger.png`;
  machine.run('install', ['-D', '/usr/share/icons/hicolor/512x512/apps/refit.png', own]);
  const removed = machine.run('dpkg', ['--purge', 'refit']);
  expect(removed, removed.output).toMatchObject({ status: 0 });
  expect(machine.leftInMemory()).toEqual([]);
  const { added, changed, deleted } = machine.changes();
  expect(added).toContain(own);
  // dpkg removes an empty /opt, which a bare system has and no package owns. Had it held anything, that would be listed too.
  const gone = deleted.filter((file) => file !== '/opt/');
  const others = (file: string): boolean => !isPackageManagers(file) && !isCache(file);
  expect([...changed, ...gone].filter(others)).toEqual([]);
  for (const cache of [...added, ...changed].filter(isCache))
    expect(machine.run('grep', ['-c', 'refit', cache]).output).toBe('0\n');
  // What desktop and test put beside it: GTK’s settings, the key to the screen.
  const theirs = new RegExp(`^${machine.home}/($|Pictures/|\\.Xauthority$|\\.config/$|\\.cache/($|dconf/))`);
  const kept = `${machine.home}/.config/Refit/`;
  const left = added.filter((file) => !theirs.test(file) && !file.startsWith(kept) && others(file));
  expect(left).toEqual([]);
  const keptFiles = added.filter((file) => file.startsWith(kept)).map((file) => file.slice(kept.length));
  expect(keptFiles.filter((file) => file && !isChromiums(file))).toEqual([
    'arrived',
    'cache.key',
    'logs/',
    'logs/main.log',
    'queue/',
    'speeds.json',
  ]);
});

test('is a command of the shell, with a manual page', async ({ machine }) => {
  const installed = machine.run('dpkg', ['-i', await debFile()]);
  expect(installed, installed.output).toMatchObject({ status: 0 });
  expect(machine.run('readlink', ['-f', '/usr/bin/refit']).output).toBe('/opt/Refit/refit\n');
  const help = machine.open('refit', ['help']);
  let said = '';
  help.stdout?.on('data', (data) => {
    said += data;
  });
  expect(await new Promise((resolve) => help.once('close', resolve))).toBe(0);
  expect(said).toMatch(/^Usage\n {2}refit run /);
  // tools/manual.test.ts has what it says.
  expect(machine.run('zcat', ['/usr/share/man/man1/refit.1.gz']).output).toMatch(/^\.TH REFIT 1 .*\n\.SH Name\nrefit /);
  expect(machine.run('dpkg', ['--remove', 'refit']).status).toBe(0);
  expect(machine.run('find', ['/usr/bin/refit', '/etc/alternatives/refit']).status).toBe(1);
});

test('is offered by the system for the pictures that it opens, several at once, with its icon', async ({ machine }) => {
  const installed = machine.run('dpkg', ['-i', await debFile()]);
  expect(installed, installed.output).toMatchObject({ status: 0 });
  expect(inMenu(machine, 'Exec')).toBe('/opt/Refit/refit %F');
  expect(inMenu(machine, 'Icon')).toBe('refit');
  const icons = machine
    .run('find', ['/usr/share/icons/hicolor', '-name', 'refit.png'])
    .output.trim()
    .split('\n')
    .sort();
  expect(icons).toContain('/usr/share/icons/hicolor/512x512/apps/refit.png');
  for (const icon of icons) {
    const { width, height } = await sharp(machine.outside(icon)).metadata();
    expect(icon).toBe(`/usr/share/icons/hicolor/${width}x${height}/apps/refit.png`);
  }
  if (machine.run('sh', ['-c', 'command -v desktop-file-validate']).status === 0)
    expect(machine.run('desktop-file-validate', [menuFile])).toEqual({ status: 0, output: '' });

  const files = ['one.png', 'two words.png'].map((name) => `${machine.home}/Pictures/${name}`);
  for (const file of files) machine.run('install', ['-D', '-m', '644', icons[0] ?? '', file]);
  const opened = await openFromMenu(machine, { files });
  await ready(opened);
  await expect(opened.window.getByRole('option')).toHaveCount(2);
  const types = inMenu(machine, 'MimeType').split(';').filter(Boolean);
  expect(types.join(',')).toBe(await opened.window.getByTestId('file-input').getAttribute('accept'));
  expect(await opened.close()).toBe(0);
});

/** What dpkg, update-alternatives and man-db keep for themselves; man-db's index leaves bytes of a page that is gone. */
const isPackageManagers = (file: string): boolean => /^\/var\/(lib\/dpkg|log|cache\/(debconf|man))\//.test(file);

/** What other packages of a desktop make of all menu entries and icons, anew whenever one comes or goes. */
const isCache = (file: string): boolean =>
  /^\/usr\/share\/(icons\/[^/]+\/icon-theme|applications\/mimeinfo)\.cache$/.test(file);

/** What Chromium keeps of a page beside what Refit does: empty caches and settings of its own, in Electron 25 and in 45. */
const chromiums = [
  ...['Cache', 'Code Cache', 'GPUCache', 'DawnCache', 'DawnGraphiteCache', 'DawnWebGPUCache', 'Shared Dictionary'],
  ...['Local Storage', 'Session Storage', 'SharedStorage', 'WebStorage', 'blob_storage', 'Dictionaries', 'Crashpad'],
  ...['Preferences', 'Local State', 'Network Persistent State', 'TransportSecurity', 'Trust Tokens', 'Cookies', 'DIPS'],
  // Written for the debugging port that the test uses.
  'DevToolsActivePort',
];
const isChromiums = (file: string): boolean =>
  chromiums.includes((file.split('/')[0] ?? '').replace(/-(journal|wal|shm)$/, ''));

/** A small deb of another version, whose files are not run. */
async function debOf(version: string): Promise<Buffer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-deb-'));
  const fields = `Package: refit\nVersion: ${version}\nArchitecture: amd64\nMaintainer: A <a@b.invalid>\nDescription: none\n`;
  await mkdir(path.join(folder, 'tree', 'DEBIAN'), { recursive: true });
  await writeFile(path.join(folder, 'tree', 'DEBIAN', 'control'), fields);
  execFileSync('dpkg-deb', ['--build', path.join(folder, 'tree'), path.join(folder, 'deb')]);
  const bytes = await readFile(path.join(folder, 'deb'));
  await rm(folder, { recursive: true });
  return bytes;
}

test('updates itself to a signed version, not to an unsigned one', async ({ machine }) => {
  const server = new Server();
  const address = await server.start();
  const installed = machine.run('dpkg', ['-i', await debFile()]);
  expect(installed, installed.output).toMatchObject({ status: 0 });
  const config = `provider: generic\nurl: ${address}\nupdaterCacheDirName: refit-updater\n`;
  // Both files are as electron-builder writes them for a server.
  const asBuilt = 'cd /opt/Refit/resources && echo "$1" > app-update.yml && printf deb > package-type';
  machine.run('bash', ['-c', asBuilt, 'bash', config]);
  const version = () => /^Version: (.*)$/m.exec(machine.run('dpkg', ['-s', 'refit']).output)?.[1];
  const log = () => machine.run('cat', [`${machine.home}/.config/Refit/logs/main.log`]).output;
  const versionBefore = version();

  // Run as root, because it is the desktop that asks the person for root's password.
  const offered = async (key?: KeyObject): Promise<void> => {
    server.offer({ version: '9.0.0', name: 'refit_9.0.0_amd64.deb', bytes: await debOf('9.0.0') }, key);
    const app = await openFromMenu(machine, { asRoot: true });
    await expect.poll(log, { timeout: 60_000 }).toMatch(key ? /has been downloaded to/ : /update refused/);
    await app.close();
  };
  await offered();
  expect(version()).toBe(versionBefore);
  await offered(await buildKey());
  expect(version()).toBe('9.0.0');
  server.stop();
});

const closed = [
  FuseV1Options.RunAsNode,
  FuseV1Options.EnableNodeOptionsEnvironmentVariable,
  FuseV1Options.EnableNodeCliInspectArguments,
] as const;
const open = [
  FuseV1Options.OnlyLoadAppFromAsar,
  FuseV1Options.EnableCookieEncryption,
  FuseV1Options.EnableEmbeddedAsarIntegrityValidation,
] as const;

async function expectClosed(executable: string): Promise<void> {
  const wire = await getCurrentFuseWire(executable);
  for (const fuse of closed) expect(wire[fuse], FuseV1Options[fuse]).toBe(FuseState.DISABLE);
  for (const fuse of open) expect(wire[fuse], FuseV1Options[fuse]).toBe(FuseState.ENABLE);
}

test('ships an executable that is no Node, takes no options of Node, has no inspector and loads only its asar', async () => {
  await expectClosed(path.join(folder, 'linux-unpacked', 'refit'));
});

test('tests an executable that differs from it in the inspector alone', async () => {
  const [shipped, tested] = await Promise.all(
    [path.join(folder, 'linux-unpacked', 'refit'), executables.linux ?? ''].map((file) => readFile(file)),
  );
  const [shippedWire, testedWire] = await Promise.all(
    [path.join(folder, 'linux-unpacked', 'refit'), executables.linux ?? ''].map((file) => getCurrentFuseWire(file)),
  );
  expect(testedWire).toEqual({
    ...shippedWire,
    [FuseV1Options.EnableNodeCliInspectArguments]: FuseState.ENABLE,
  });
  let differing = 0;
  for (let at = 0; at < (shipped?.length ?? 0); at++) if (shipped?.[at] !== tested?.[at]) differing += 1;
  expect(differing).toBe(1);
});
