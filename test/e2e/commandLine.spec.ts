/** `refit run` and its like, of the packaged app: the same hosts, pixels and codecs as the window's, from a terminal. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { onScreen as base, executables, expect, launch } from './app';
import { pictures, writePicture } from './pictures';
import { chooseTool, openPicture, ready, run, save } from './steps';

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** A folder of the test's own, and the command line in it. */
const test = base.extend<{ folder: string; refit: (...words: string[]) => Promise<Ended> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  folder: async ({}, use) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-cli-'));
    await mkdir(path.join(folder, 'in'));
    await mkdir(path.join(folder, 'out'));
    await use(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  },
  refit: async ({ folder }, use) => {
    await use((...words) => ended(begin(folder, words)));
  },
});

/** @param words after switches of the test's own: `--` ends them. */
function begin(folder: string, words: string[], options: SpawnOptions = {}): ChildProcess {
  const own = [`--user-data-dir=${path.join(folder, 'data')}`, '--disable-gpu', '--no-sandbox'];
  return spawn(executables[process.platform] ?? '', [...own, ...words], { cwd: folder, ...options });
}

const ended = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve) => {
    let [out, err] = ['', ''];
    child.stdout?.on('data', (data) => {
      out += data;
    });
    child.stderr?.on('data', (data) => {
      err += data;
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });

/** Without what a thread of Chromium's may say of a missing bus before the command has it be quiet. */
const own = (err: string): string => err.replace(/^\[\d+:[\d/.]+:ERROR:.*\n/gm, '').trim();

const noise = (file: string, width = 40, height = 30) =>
  sharp({
    create: { width, height, channels: 3, background: '#456', noise: { type: 'gaussian', mean: 128, sigma: 30 } },
  }).toFile(file);
const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();

for (const words of [['help'], ['--help'], ['run', '-r', '--help']])
  test(`refit ${words.join(' ')} says its words, tools and five examples, with a display and without, and makes nothing`, async ({
    folder,
    refit,
  }) => {
    const { code, out, err } = await refit(...words);
    expect(code, err).toBe(0);
    expect(out.match(/^ {2}refit run .+ -/gm)?.length).toBeGreaterThanOrEqual(5);
    expect(out).toMatch(/^Tools\n {2}photo-x4 /m);
    const { DISPLAY, WAYLAND_DISPLAY, ...env } = process.env;
    expect(await ended(begin(folder, words, { env }))).toMatchObject({ code: 0, out });
    expect(await filesIn(folder)).toEqual([]);
  });

test('says what is wrong with a word, and ends with 2', async ({ refit }) => {
  const { code, out, err } = await refit('run', 'fast-x9', 'in/a.png');
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('There is no tool fast-x9');
});

test('enlarges a folder with its structure; a bad file costs that file, and it ends with 1', async ({
  folder,
  refit,
}) => {
  await mkdir(path.join(folder, 'in', 'a'));
  await noise(path.join(folder, 'in', 'one.png'));
  await noise(path.join(folder, 'in', 'a', 'two.jpg'));
  await writeFile(path.join(folder, 'in', 'bad.png'), 'no picture');
  const { code, out, err } = await refit('run', 'fast-x4', 'in', '-r', '-o', 'out', '--format', 'webp', '--scale', '2');
  expect(err).toContain('in/bad.png:');
  expect(code).toBe(1);
  expect(await filesIn(path.join(folder, 'out'))).toEqual(['in/a/two ×2.webp', 'in/one ×2.webp'].map(path.normalize));
  expect(out).toContain('in/one.png → in/one ×2.webp');
  expect(await sharp(path.join(folder, 'out', 'in', 'one ×2.webp')).metadata()).toMatchObject({
    width: 80,
    height: 60,
  });
});

test('says what happens as lines of JSON', async ({ folder, refit }) => {
  await noise(path.join(folder, 'in', 'one.png'));
  const { code, out } = await refit('run', 'fast-x4', 'in/one.png', '-o', 'out', '--json');
  expect(code).toBe(0);
  const lines = out.trim().split('\n');
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(told.at(-1)).toMatchObject({ ended: 'finished', saved: 1, failed: 0 });
  expect(told.find(({ kind }) => kind === 'saved')).toMatchObject({ picture: 'one.png', file: 'one ×4.png' });
});

test('says where no face and no text was found, and ends with 0', async ({ folder, refit }) => {
  await noise(path.join(folder, 'in', 'one.png'), 80, 60);
  const faces = await refit('run', 'blur-faces', 'in/one.png', '-o', 'out');
  expect({ code: faces.code, err: own(faces.err) }).toEqual({ code: 0, err: '1 saved.' });
  expect(faces.out).toMatch(
    /^one\.png → .+\.png · Faces from about \d+ pixels were looked for: none were found, so the picture is as it was\.\n$/,
  );
  const quiet = await refit('run', 'read-text', 'in/one.png', '-o', 'out', '--quiet');
  expect({ ...quiet, err: own(quiet.err) }).toEqual({ code: 0, out: '', err: 'one.png: No text was found.' });
  const { code, out } = await refit('run', 'read-text', 'in/one.png', '-o', 'out', '--json', '--together');
  expect(code).toBe(0);
  const told = out.split('\n').map((line) => JSON.parse(line || '{}') as Record<string, unknown>);
  expect(told.find(({ kind }) => kind === 'saved')).toMatchObject({ notes: [{ code: 'LINES', found: 0 }] });
});

/** Processes of a command, the hosts' and Chromium's too. */
const processesOf = async (folder: string): Promise<string[]> => {
  const found: string[] = [];
  for (const pid of await readdir('/proc'))
    if (/^\d+$/.test(pid) && (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(folder))
      found.push(pid);
  return found;
};

/** Waits for what a command does next. @throws Error with its log and its processes, where it does not come. */
async function soon(what: string, folder: string, come: (resolve: () => void) => void): Promise<void> {
  const clock = new AbortController();
  const late = setTimeout(100_000, undefined, { signal: clock.signal }).then(async () => {
    const log = await readFile(path.join(folder, 'data', 'logs', 'main.log'), 'utf8').catch(String);
    throw new Error(`No ${what}. Processes: ${await processesOf(folder)}\n${log.slice(-4000)}`);
  });
  await Promise.race([new Promise<void>(come), late]);
  clock.abort();
  late.catch(() => {});
}

const endings: [what: string, signal: NodeJS.Signals, toAll: boolean][] = [
  // A terminal tells it to all processes of a command, `kill` and services to the first.
  ['Ctrl+C', 'SIGINT', true],
  ['SIGTERM', 'SIGTERM', false],
];
for (const [what, signal, toAll] of endings)
  test(`stopped by ${what} it leaves whole files only, and nothing of its own`, async ({ folder }) => {
    test.skip(process.platform === 'win32', 'Windows has no signals.');
    for (let i = 0; i < 12; i++) await noise(path.join(folder, 'in', `p${i}.png`), 200, 150);
    const temporary = path.join(folder, 'tmp');
    await mkdir(temporary);
    const child = begin(folder, ['run', 'fast-x4', 'in', '-r', '-o', 'out', '--json'], {
      detached: true,
      env: { ...process.env, TMPDIR: temporary },
    });
    const end = ended(child);
    await soon('a saved picture', folder, (resolve) =>
      child.stdout?.on('data', (data) => String(data).includes('"saved"') && resolve()),
    );
    process.kill(toAll ? -(child.pid ?? 0) : (child.pid ?? 0), signal);
    await soon('an end', folder, (resolve) => void end.then(() => resolve()));
    const { code, out } = await end;
    expect(code).toBe(130);
    const files = await filesIn(path.join(folder, 'out'));
    expect(files.length).toBeGreaterThan(0);
    expect(files.length).toBeLessThan(12);
    for (const file of files) expect((await sharp(path.join(folder, 'out', file)).stats()).channels).toHaveLength(3);
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '{}')).toMatchObject({ ended: 'stopped', saved: files.length });
    await expect.poll(() => processesOf(folder)).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
  });

test('stops where nobody reads what it says any more', async ({ folder }) => {
  for (let i = 0; i < 12; i++) await noise(path.join(folder, 'in', `p${i}.png`), 200, 150);
  const child = begin(folder, ['run', 'fast-x4', 'in', '-r', '-o', 'out']);
  const end = ended(child);
  child.stdout?.once('data', () => child.stdout?.destroy());
  const { code, err } = await end;
  expect(code).toBe(130);
  const files = await filesIn(path.join(folder, 'out'));
  expect(files.length).toBeLessThan(12);
  expect(err.trim().split('\n').at(-1)).toBe(`Stopped. ${files.length} saved; nothing is half written.`);
});

test('without a display it says what to do, and ends with 4', async ({ folder }) => {
  test.skip(process.platform !== 'linux', 'Other systems have one.');
  const { DISPLAY, WAYLAND_DISPLAY, ...env } = process.env;
  const { code, out, err } = await ended(begin(folder, ['run', 'fast-x4', 'a.png'], { env }));
  expect({ code, out }).toEqual({ code: 4, out: '' });
  expect(err).toContain('Put xvfb-run -a before the command.');
});

test('takes names as they come, and lets none of them speak to the terminal', async ({ folder, refit }) => {
  test.skip(process.platform === 'win32', 'Windows has no such names.');
  const names = [
    '-o.png',
    '--json.png',
    'two\nlines.png',
    'red \u001B[31m.png',
    'a b.png',
    '😀 é.png',
    `${'x'.repeat(251)}.png`,
  ];
  for (const name of names) await noise(path.join(folder, 'in', name), 12, 9);
  await writeFile(
    Buffer.concat([Buffer.from(path.join(folder, 'in', 'latin-')), Buffer.from([0xe9]), Buffer.from('.png')]),
    '',
  );
  const child = begin(path.join(folder, 'in'), ['run', '-o', '../out', 'fast-x4', '--', ...names]);
  const { code, out, err } = await ended(child);
  expect({ code, err: own(err) }).toEqual({ code: 0, err: '7 saved.' });
  expect(out.trim().split('\n')).toHaveLength(names.length);
  expect(out).not.toContain('\u001B');
  const files = await filesIn(path.join(folder, 'out'));
  expect(files).toHaveLength(names.length);
  expect(files).toContain('-o ×4.png');
  expect(files.every((file) => Buffer.byteLength(file) <= 255)).toBe(true);
  const inFolder = await refit('run', 'fast-x4', 'in', '-r', '-o', 'out', 'gone.png');
  expect(inFolder).toMatchObject({ code: 1, err: expect.stringContaining('gone.png is not there') });
  expect(inFolder.err).toContain('1 of the files and folders could not be read.');
});

test('writes the same bytes as the window, of each format and kind of tool', async ({ folder, refit }) => {
  const out = path.join(folder, 'out');
  const saved: Record<string, Buffer> = {};
  const app = await launch({ userDataDir: path.join(folder, 'window') });
  await ready(app);
  for (const [model, format] of [
    ['fast-x4', 'webp'],
    ['cut-out', 'png'],
    ['blur-faces', 'jpeg'],
  ] as const) {
    const picture = await pictures[model]();
    await writePicture(path.join(folder, 'in', `${model}.png`), picture);
    await chooseTool(app, model);
    await openPicture(app, picture, `${model}.png`);
    await run(app);
    await app.window.getByTestId(`format-${format}`).click();
    // What has been saved is no loss: the next picture asks nothing.
    saved[`${model} ${format}`] = await save(app, path.join(folder, `${model}.${format}`));
  }
  await app.close();
  for (const [each, bytes] of Object.entries(saved)) {
    const [model = '', format = ''] = each.split(' ');
    const { code, out: said } = await refit('run', model, `in/${model}.png`, '-o', 'out', '-f', format, '--json');
    expect(code).toBe(0);
    const told = said.split('\n').map((line) => JSON.parse(line || '{}') as { kind?: string; file?: string });
    const file = told.find(({ kind }) => kind === 'saved')?.file ?? '';
    expect((await readFile(path.join(out, file))).equals(bytes), each).toBe(true);
  }
});
