/** `refit run` and the other commands of the packaged app: the same hosts, pixels and codecs as the window's, from a terminal. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import type { QueueSettings, QueueState } from '../../app/queue';
import { expect, launch, type RunningApp } from './app';
import { filesIn } from './filesIn';
import { copyPackage } from './packageCopy';
import { pictures, writePicture } from './pictures';
import { onScreen as base } from './smallTiles';
import { chooseTool, openPicture, ready, run, save } from './steps';

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

interface CommandLine {
  folder: string;
  /** The app's own name on a command line, with switches of the test's own. */
  named: [string, ...string[]];
  /** @param words after switches of the test's own: `--` ends them. */
  begin(words: string[], options?: SpawnOptions): ChildProcess;
  refit(...words: string[]): Promise<Ended>;
}

/** A folder of the test's own, and the command line in it. */
const test = base.extend<CommandLine>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  folder: async ({}, use) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-cli-'));
    await mkdir(path.join(folder, 'in'));
    await mkdir(path.join(folder, 'out'));
    await use(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  },
  named: ({ executable, folder }, use) =>
    use([executable, `--user-data-dir=${dataIn(folder)}`, '--disable-gpu', '--no-sandbox', '--password-store=basic']),
  begin: ({ folder, named: [executable, ...own] }, use) =>
    use((words, options) => spawn(executable, [...own, ...words], { cwd: folder, ...options })),
  refit: ({ begin }, use) => use((...words) => ended(begin(words))),
});

const dataIn = (folder: string): string => path.join(folder, 'data');

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

/** What the command itself says: without Chromium's words on a missing D-Bus, which may come first, and the lines on preparing a GPU. */
const own = (err: string): string => err.replace(/^(?:\[\d+:[\d/.]+:ERROR:|Preparing ).*\n/gm, '').trim();

const noise = (file: string, width = 40, height = 30) =>
  sharp({
    create: { width, height, channels: 3, background: '#456', noise: { type: 'gaussian', mean: 128, sigma: 30 } },
  }).toFile(file);

for (const words of [['help'], ['--help'], ['run', '-r', '--help']])
  test(`refit ${words.join(' ')} says its words, tools and five examples, with a display and without, and makes nothing`, async ({
    folder,
    begin,
    refit,
  }) => {
    const { code, out, err } = await refit(...words);
    expect(code, err).toBe(0);
    expect(out.match(/^ {2}refit run .+ -/gm)?.length).toBeGreaterThanOrEqual(5);
    expect(out).toMatch(/^Tools\n {2}photo-x4 /m);
    const { DISPLAY, WAYLAND_DISPLAY, ...env } = process.env;
    expect(await ended(begin(words, { env }))).toMatchObject({ code: 0, out });
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

test('examples of its help work as they stand', async ({ folder, named, refit, executable }) => {
  test.skip(process.platform === 'win32', 'The shell there finds no files by their pattern.');
  for (const file of ['in/a.png', 'in/b.png', 'party/p.png', 'scans/s.png', 'new/n.jpg']) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await noise(path.join(folder, file));
  }
  for (const place of ['shared', 'shop']) await mkdir(path.join(folder, place));
  const app = await launch({ userDataDir: dataIn(folder), executable });
  await ready(app);
  await keepRecipe(app, 'shop');
  await app.close();
  const { out: help } = await refit('help');
  // Those whose tool takes long on a processor are parsed (main/cli/words.test.ts).
  const examples = help.match(/(?<=^ {2}refit )run (?:fast-x4|blur-faces|read-text|--recipe) .+$/gm) ?? [];
  const cheap = examples.filter((example) => !example.includes('…') && !example.includes('FILE'));
  expect(cheap).toHaveLength(4);
  for (const example of cheap) {
    const child = spawn('bash', ['-c', `exec "$@" ${example}`, 'bash', ...named], { cwd: folder });
    const { code, err } = await ended(child);
    expect({ example, code, err: own(err) }).toMatchObject({ code: 0, err: expect.stringMatching(/^\d saved\.$/) });
  }
  expect(await filesIn(path.join(folder, 'out'))).toEqual(['a ×2.webp', 'b ×2.webp']);
  expect(await filesIn(path.join(folder, 'shop'))).toEqual(['n ×2.webp']);
  expect(await filesIn(path.join(folder, 'shared'))).toHaveLength(1);
  expect((await readdir(folder)).filter((name) => name.endsWith('.csv'))).toHaveLength(1);
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

const settings: QueueSettings = {
  recipe: {
    steps: [{ model: 'fast-x4' }],
    format: 'webp',
    quality: 80,
    size: { kind: 'times', times: 2 },
    keepMetadata: true,
    keepPlace: true,
    text: { format: 'txt', together: false },
  },
  pattern: '{name} {tool}',
  keepFolders: true,
};

/** Makes `settings` the window's, and keeps their recipe under a name. */
async function keepRecipe({ window: page }: RunningApp, name: string): Promise<void> {
  const kept = await page.evaluate(
    async ([wanted, as]) => [await window.refit.setQueue(wanted), await window.refit.keepRecipe(as)],
    [settings, name] as const,
  );
  expect(kept).toEqual([0, 1].map(() => ({ ok: true, value: null })));
}

test('takes a recipe that was kept in the window, and says which there are where there is no such one', async ({
  folder,
  refit,
  executable,
}) => {
  const app = await launch({ userDataDir: dataIn(folder), executable });
  await ready(app);
  await keepRecipe(app, 'for the shop');
  await app.close();
  await noise(path.join(folder, 'in', 'one.png'));
  const { code, err } = await refit('run', '--recipe', 'for the shop', 'in/one.png', '-o', 'out');
  expect(code, err).toBe(0);
  expect(await filesIn(path.join(folder, 'out'))).toEqual(['one ×2.webp']);
  const other = await refit('run', '--recipe', 'shop', 'in/one.png', '-o', 'out');
  expect({ ...other, err: own(other.err) }).toEqual({
    code: 2,
    out: '',
    err: 'There is no recipe shop. There are for the shop.',
  });
});

test('works beside an open window, whose queue and settings stay its own', async ({ folder, refit, executable }) => {
  // The window is at work while the command is.
  for (const [where, count, width, height] of [
    ['in', 3, 40, 30],
    ['window', 6, 120, 90],
  ] as const) {
    await mkdir(path.join(folder, where), { recursive: true });
    for (let i = 0; i < count; i++) await noise(path.join(folder, where, `${where}${i}.png`), width, height);
  }
  const userDataDir = dataIn(folder);
  const app = await launch({ userDataDir, args: [path.join(folder, 'window')], executable });
  await ready(app);
  await expect(app.window.getByRole('option')).toHaveCount(6);
  await keepRecipe(app, 'shop');
  const queueOf = (shown: RunningApp): Promise<QueueState> =>
    shown.window.evaluate(async () => {
      const answer = await window.refit.getQueue();
      if (!answer.ok) throw new Error(answer.error.code);
      return answer.value;
    });
  const done = async (shown: RunningApp): Promise<string[]> =>
    (await queueOf(shown)).items.map(({ name, state }) => `${name} ${state.kind}`);
  expect(await app.window.evaluate(() => window.refit.startQueue())).toEqual({ ok: true, value: null });
  const command = ['run', 'fast-x4', 'in', '-r', '-o', 'out', '--format', 'jpeg', '--json'];
  const { code, out, err } = await refit(...command);
  expect(code, err).toBe(0);
  expect(JSON.parse(out.trim().split('\n').at(-1) ?? '{}')).toMatchObject({ saved: 3, failed: 0 });
  const saved = Array.from({ length: 6 }, (_, i) => `window${i}.png saved`);
  await expect.poll(() => done(app), { timeout: 120_000 }).toEqual(saved);

  // At rest the window writes nothing: what changes now is the command's doing.
  await expect.poll(async () => (await queueOf(app)).phase.kind).toBe('finished');
  const lines = async (): Promise<Record<string, string>> => {
    const kept = path.join(userDataDir, 'queue');
    return Object.fromEntries(
      await Promise.all(
        (await filesIn(kept)).map(async (file) => [file, await readFile(path.join(kept, file), 'utf8')]),
      ),
    );
  };
  const before = await lines();
  expect(Object.keys(before)).toEqual(['journal.jsonl', 'settings.json']);
  expect((await refit(...command)).code).toBe(0);
  expect(await lines()).toEqual(before);
  await app.close();

  const again = await launch({ userDataDir, executable });
  await ready(again);
  expect(await done(again)).toEqual(saved);
  expect(await queueOf(again)).toMatchObject({ settings, recipes: [{ name: 'shop', recipe: settings.recipe }] });
  await again.close();
  const made = (await filesIn(folder)).filter((file) => / ×[24]/.test(file)).map((file) => path.dirname(file));
  expect(made).toEqual([...Array(6).fill(path.join('out', 'in')), ...Array(6).fill('window')]);
});

test('says what there is to run on, in words and as JSON', async ({ refit }) => {
  const { code, out, err } = await refit('doctor', '--json');
  expect({ code, err: own(err) }).toEqual({ code: 0, err: '' });
  const told: Record<string, unknown> = JSON.parse(out);
  expect(Object.keys(told)).toEqual(['version', 'electron', 'setup']);
  expect(told).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    electron: expect.stringMatching(/^\d+\.\d+\.\d+/),
    setup: { kind: expect.stringMatching(/^(?:found|ready)$/) },
  });
  const inWords = await refit('doctor');
  expect({ code: inWords.code, err: own(inWords.err) }).toEqual({ code: 0, err: '' });
  expect(inWords.out).toMatch(/^.{10,}\n$/);
  expect(await refit('doctor', '--recursve')).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining("Unknown option '--recursve'"),
  });
});

test('shows a bar where a person looks at a terminal, and none where it was told to be quiet', async ({
  folder,
  named,
}) => {
  test.skip(process.platform !== 'linux', 'util-linux has the terminal.');
  // The second takes longer than the first takes to be saved, so that the bar is seen in between.
  await noise(path.join(folder, 'in', 'one.png'));
  await noise(path.join(folder, 'in', 'two.png'), 200, 150);
  /** @param words none with a space. @returns what the terminal gets. */
  const onTerminal = async (...words: string[]): Promise<{ code: number | null; shown: string }> => {
    const line = [...named, 'run', 'fast-x4', 'in', '-r', '-o', 'out', ...words].join(' ');
    const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const { code, out } = await ended(child);
    return { code, shown: out };
  };
  const { code, shown } = await onTerminal();
  expect(code, shown).toBe(0);
  const bars = shown.match(/\r\[[█ ]{24}\] \d of 2/g)?.map((bar) => bar.slice(1)) ?? [];
  expect(bars[0]).toBe(`[${' '.repeat(24)}] 0 of 2`);
  expect(bars).toContain(`[${'█'.repeat(12)}${' '.repeat(12)}] 1 of 2`);
  // Each line takes the bar's place, and the last one leaves none.
  const clear = '\r\u001B[K';
  expect(shown).toContain(`${clear}in/one.png → in/one ×4.png\r\n`);
  expect(shown.split(clear).at(-1)).toBe('2 saved.\r\n');
  // To see that nothing is said, one picture is enough.
  await rm(path.join(folder, 'in', 'two.png'));
  for (const word of ['--quiet', '--json']) {
    const { shown: without } = await onTerminal(word);
    expect(without).not.toContain(clear);
    expect(without).not.toMatch(/\] \d of/);
  }
});

test("says of each picture that a tool's network is gone; another tool works", async ({ folder, named }) => {
  const copy = await copyPackage();
  try {
    await copy.remove('models/fast-x4/prepared/model.onnx');
    await noise(path.join(folder, 'in', 'one.png'));
    const [, ...own] = named;
    const refit = (...words: string[]) => ended(spawn(copy.executable, [...own, ...words], { cwd: folder }));
    const { code, out, err } = await refit('run', 'fast-x4', 'in/one.png', '-o', 'out');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^one\.png: .*fast-x4.*model\.onnx/m);
    expect(err).toContain('0 saved, 1 failed.');
    expect(await refit('run', 'blur-faces', 'in/one.png', '-o', 'out')).toMatchObject({ code: 0 });
  } finally {
    await copy.dispose();
  }
});

/** Processes of a command, the hosts' and Chromium's too. */
const processesOf = async (folder: string): Promise<string[]> => {
  const found: string[] = [];
  for (const pid of await readdir('/proc'))
    if (/^\d+$/.test(pid) && (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(folder))
      found.push(pid);
  return found;
};

/** What a process is, by its command line, and what it does. */
async function describeProcess(pid: string): Promise<string> {
  const of = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(String);
  const kinds = (await of('cmdline')).split(/[\0 ]/).filter((word) => /^--(?:type|utility-sub-type)/.test(word));
  const state = /^State:\s+(.+)$/m.exec(await of('status'))?.[1];
  return `${pid} ${kinds.join(' ') || 'main'}: ${state} in ${await of('wchan')}`;
}

/** Waits for what a command does next. @throws Error with what it said, its log and its processes, where it does not come. */
async function soon(
  what: string,
  folder: string,
  child: ChildProcess,
  come: (resolve: () => void) => void,
): Promise<void> {
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data) => {
      said += data;
    });
  const clock = new AbortController();
  const late = setTimeout(100_000, undefined, { signal: clock.signal }).then(async () => {
    const log = await readFile(path.join(dataIn(folder), 'logs', 'main.log'), 'utf8').catch(String);
    const processes = await Promise.all((await processesOf(folder)).map(describeProcess));
    const exit = child.exitCode ?? child.signalCode ?? 'none';
    throw new Error([`No ${what}; exit code: ${exit}`, ...processes, said.slice(-4000), log.slice(-4000)].join('\n'));
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
  test(`stopped by ${what} it leaves whole files only, and nothing of its own`, async ({ folder, begin }) => {
    test.skip(process.platform === 'win32', 'Windows has no signals.');
    for (let i = 0; i < 12; i++) await noise(path.join(folder, 'in', `p${i}.png`), 200, 150);
    const temporary = path.join(folder, 'tmp');
    await mkdir(temporary);
    const child = begin(['run', 'fast-x4', 'in', '-r', '-o', 'out', '--json'], {
      detached: true,
      env: { ...process.env, TMPDIR: temporary },
    });
    const end = ended(child);
    await soon('a saved picture', folder, child, (resolve) =>
      child.stdout?.on('data', (data) => String(data).includes('"saved"') && resolve()),
    );
    process.kill(toAll ? -(child.pid ?? 0) : (child.pid ?? 0), signal);
    await soon('an end', folder, child, (resolve) => void end.then(() => resolve()));
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

test('stops where nobody reads what it says any more', async ({ folder, begin }) => {
  for (let i = 0; i < 12; i++) await noise(path.join(folder, 'in', `p${i}.png`), 200, 150);
  const child = begin(['run', 'fast-x4', 'in', '-r', '-o', 'out']);
  const end = ended(child);
  child.stdout?.once('data', () => child.stdout?.destroy());
  const { code, err } = await end;
  expect(code).toBe(130);
  const files = await filesIn(path.join(folder, 'out'));
  expect(files.length).toBeLessThan(12);
  expect(err.trim().split('\n').at(-1)).toBe(`Stopped. ${files.length} saved; nothing is half written.`);
});

test('without a display it says what to do, and ends with 4', async ({ begin }) => {
  test.skip(process.platform !== 'linux', 'Other systems have one.');
  const { DISPLAY, WAYLAND_DISPLAY, ...env } = process.env;
  const { code, out, err } = await ended(begin(['run', 'fast-x4', 'a.png'], { env }));
  expect({ code, out }).toEqual({ code: 4, out: '' });
  expect(err).toContain('put xvfb-run -a before the command.');
});

test('takes names as they come, and lets none of them speak to the terminal', async ({ folder, begin, refit }) => {
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
  const child = begin(['run', '-o', '../out', 'fast-x4', '--', ...names], { cwd: path.join(folder, 'in') });
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

test('writes the same bytes as the window, of each format and kind of tool', async ({ folder, refit, executable }) => {
  const out = path.join(folder, 'out');
  const saved: Record<string, Buffer> = {};
  const app = await launch({ userDataDir: path.join(folder, 'window'), executable });
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
