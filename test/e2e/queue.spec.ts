/** Many pictures at once, in the packaged app: what a person drops or chooses comes out as files. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { RefitApi } from '../../app/contract';
import type { QueueSettings, Step } from '../../app/queue';
import { expect, launch, type RunningApp } from './app';
import { filesIn } from './filesIn';
import { addFolder, chooseOutput, countsOf, phaseOf, queueOf, setQueue, settingsFor, startQueue } from './queueSteps';
import { test } from './smallTiles';
import { ready } from './steps';

declare const window: { refit: RefitApi };

/** Adds a folder, chooses where results go, and starts. */
async function work(refit: RunningApp, from: string, out: string, settings: QueueSettings): Promise<void> {
  await ready(refit);
  await addFolder(refit, from);
  await chooseOutput(refit, out);
  await setQueue(refit, settings);
  await startQueue(refit);
}

const noise = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: '#456', noise: { type: 'gaussian', mean: 128, sigma: 30 } },
  });

async function foldersIn(userDataDir: string) {
  const [photos, out] = [path.join(userDataDir, 'photos'), path.join(userDataDir, 'out')];
  await mkdir(photos);
  await mkdir(out);
  return { photos, out };
}

const sampleOf = (model: string, file: string): string =>
  path.resolve(import.meta.dirname, '../../models', model, 'prepared', file);

test('what was kept just before the app is closed is there at the next start', async ({
  refit,
  userDataDir,
  executable,
}) => {
  await ready(refit);
  await setQueue(refit, settingsFor([{ model: 'fast-x4' }]));
  const names = Array.from({ length: 40 }, (_, i) => `recipe ${i}`);
  await refit.window.evaluate((all) => Promise.all(all.map((name) => window.refit.keepRecipe(name))), names);
  await refit.app.close();
  const next = await launch({ userDataDir, executable });
  await ready(next);
  expect((await queueOf(next)).recipes.map(({ name }) => name).sort()).toEqual([...names].sort());
  await next.app.close();
});

test('pictures of a folder come out with its structure, and one bad file costs that file', async ({
  refit,
  userDataDir,
}) => {
  const { photos, out } = await foldersIn(userDataDir);
  await mkdir(path.join(photos, 'a', 'b'), { recursive: true });
  for (const [i, file] of ['one.jpg', 'a/two.png', 'a/b/three.webp', 'a/b/four.jpg'].entries())
    await noise(90 + i, 60).toFile(path.join(photos, file));
  await writeFile(path.join(photos, 'a', 'bad.png'), 'no picture');
  await work(refit, photos, out, settingsFor([{ model: 'fast-x4' }]));
  await expect.poll(() => phaseOf(refit), { timeout: 120_000 }).toBe('finished');
  const states = Object.fromEntries((await queueOf(refit)).items.map(({ name, state }) => [name, state.kind]));
  expect(states).toEqual({
    'one.jpg': 'saved',
    'two.png': 'saved',
    'three.webp': 'saved',
    'four.jpg': 'saved',
    'bad.png': 'failed',
  });
  expect(await filesIn(out)).toEqual(
    ['photos/a/b/four ×4.jpg', 'photos/a/b/three ×4.jpg', 'photos/a/two ×4.jpg', 'photos/one ×4.jpg'].map((file) =>
      path.normalize(file),
    ),
  );
  expect(await sharp(path.join(out, 'photos', 'one ×4.jpg')).metadata()).toMatchObject({ width: 360, height: 240 });
});

test('scanned pages become one table, in their order', async ({ refit, userDataDir }) => {
  const { photos, out } = await foldersIn(userDataDir);
  for (const name of ['page 1.png', 'page 2.png'])
    await writeFile(path.join(photos, name), await readFile(sampleOf('read-text', 'page.png')));
  await work(refit, photos, out, settingsFor([{ model: 'read-text' }]));
  await expect.poll(() => phaseOf(refit), { timeout: 120_000 }).toBe('finished');
  expect(await filesIn(out)).toEqual(['photos.csv']);
  const rows = (await readFile(path.join(out, 'photos.csv'), 'utf8')).trim().split('\r\n');
  const first = rows.filter((row) => row.replace('\uFEFF', '').startsWith('page 1.png'));
  expect(first.length).toBeGreaterThan(2);
  expect(rows.slice(first.length).every((row) => row.startsWith('page 2.png'))).toBe(true);
});

test('faces are hidden in several pictures, as strongly as was chosen', async ({ refit, userDataDir }) => {
  const { photos, out } = await foldersIn(userDataDir);
  const whole = sharp(sampleOf('blur-faces', 'astronaut.png'));
  await whole.clone().toFile(path.join(photos, 'one.png'));
  await whole.clone().flop().toFile(path.join(photos, 'two.png'));
  const steps: Step[] = [{ model: 'blur-faces', hide: { style: 'solid', strength: 'strong' } }];
  await work(refit, photos, out, settingsFor(steps, { format: 'png' }));
  await expect.poll(() => phaseOf(refit), { timeout: 120_000 }).toBe('finished');
  const files = await filesIn(out);
  expect(files).toHaveLength(2);
  for (const file of files) {
    const { data } = await sharp(path.join(out, file)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    let black = 0;
    for (let i = 0; i < data.length; i += 3) if (data[i] === 0 && data[i + 1] === 0 && data[i + 2] === 0) black += 1;
    expect(black).toBeGreaterThan(2000);
  }
});

/** Runs `mount` or `umount`, which only root may. */
const mounts = (...words: string[]): void => void execFileSync(words[0] ?? '', words.slice(1), { stdio: 'pipe' });
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

const brokenOutputs: {
  what: string;
  code: string;
  isMounted: boolean;
  break(out: string): unknown;
  mend(out: string): unknown;
}[] = [
  {
    what: 'whose disk is full',
    code: 'OUTPUT_FULL',
    isMounted: true,
    break: (out) => mounts('mount', '-t', 'tmpfs', '-o', 'size=40k', 'tmpfs', out),
    mend: (out) => mounts('mount', '-o', 'remount,size=1m', out),
  },
  {
    what: 'that is read-only',
    code: 'OUTPUT_FORBIDDEN',
    isMounted: true,
    break: (out) => mounts('mount', '-t', 'tmpfs', '-o', 'size=1m,ro', 'tmpfs', out),
    mend: (out) => mounts('mount', '-o', 'remount,rw', out),
  },
  {
    what: 'that is gone',
    code: 'OUTPUT_GONE',
    isMounted: false,
    break: (out) => rename(out, `${out} elsewhere`),
    mend: (out) => rename(`${out} elsewhere`, out),
  },
];
for (const { what, code, isMounted, break: breaks, mend } of brokenOutputs)
  test(`a folder of results ${what} pauses the queue, which goes on where it was`, async ({ refit, userDataDir }) => {
    test.skip(isMounted && !isRoot, 'Mounting is root’s, and Linux’s.');
    const { photos, out } = await foldersIn(userDataDir);
    const names = Array.from({ length: 6 }, (_, i) => `p${i}`);
    for (const name of names) await noise(24, 16).toFile(path.join(photos, `${name}.png`));
    await breaks(out);
    try {
      await work(refit, photos, out, settingsFor([{ model: 'fast-x4' }], { format: 'png' }));
      await expect.poll(() => phaseOf(refit), { timeout: 60_000 }).toBe('paused');
      const { phase } = await queueOf(refit);
      expect(phase).toMatchObject({ reason: { code } });
      await expect(refit.window.locator('body')).toContainText(', then go on.');
      // Others that were at work end as the first did.
      await expect
        .poll(async () => Object.keys(await countsOf(refit)).filter((kind) => kind !== 'saved'))
        .toEqual(['waiting']);
      await mend(out);
      await refit.window.evaluate(() => window.refit.startQueue());
      await expect.poll(() => phaseOf(refit), { timeout: 60_000 }).toBe('finished');
      expect(await filesIn(out)).toEqual(names.map((name) => path.join('photos', `${name} ×4.png`)));
    } finally {
      if (isMounted) mounts('umount', '-l', out);
    }
  });

test('pictures that are gone or others by now, and names that are taken, cost nothing but themselves', async ({
  refit,
  userDataDir,
}) => {
  const { photos, out } = await foldersIn(userDataDir);
  for (const name of ['cat.jpg', 'cat.png', 'changed.png', 'folder.png', 'gone.png', 'large.png', 'spoilt.png'])
    await noise(24, 16).toFile(path.join(photos, name));
  await writeFile(path.join(out, 'cat ×4.png'), 'a person’s own');
  await ready(refit);
  await addFolder(refit, photos);
  await noise(30, 20).toFile(path.join(photos, 'changed.png'));
  await rm(path.join(photos, 'folder.png'));
  await mkdir(path.join(photos, 'folder.png'));
  await rm(path.join(photos, 'gone.png'));
  await truncate(path.join(photos, 'large.png'), 2 ** 31);
  await truncate(path.join(photos, 'spoilt.png'), 100);
  await chooseOutput(refit, out);
  const settings = { ...settingsFor([{ model: 'fast-x4' }], { format: 'png' }), keepFolders: false };
  await setQueue(refit, settings);
  await startQueue(refit);
  await expect.poll(() => phaseOf(refit), { timeout: 60_000 }).toBe('finished');
  const { items } = await queueOf(refit);
  expect(
    Object.fromEntries(
      items.map(({ name, state }) => [name, state.kind === 'failed' ? state.reason.code : state.kind]),
    ),
  ).toEqual({
    'cat.jpg': 'saved',
    'cat.png': 'saved',
    'changed.png': 'saved',
    'folder.png': 'PICTURE_NOT_OPENED',
    'gone.png': 'PICTURE_NOT_OPENED',
    'large.png': 'PICTURE_FILE_TOO_LARGE',
    'spoilt.png': 'PICTURE_UNREADABLE',
  });
  expect(await filesIn(out)).toEqual(['cat ×4 (2).png', 'cat ×4 (3).png', 'cat ×4.png', 'changed ×4.png']);
  expect(await readFile(path.join(out, 'cat ×4.png'), 'utf8')).toBe('a person’s own');
  expect((await sharp(path.join(out, 'changed ×4.png')).metadata()).width).toBe(120);
});

/** Twenty before a release; a few show what breaks. */
const kills = Number(process.env.REFIT_KILLS ?? 4);

test('killed at any moment and started again, it goes on where it was', async ({ userDataDir, executable }) => {
  test.setTimeout(60_000 + kills * 60_000);
  const { photos, out } = await foldersIn(userDataDir);
  // More than are done before the kills: at most 8 before each, on two cores.
  const names = Array.from({ length: 12 * kills }, (_, i) => `p${String(i).padStart(2, '0')}`);
  for (const name of names) await noise(24, 16).toFile(path.join(photos, `${name}.png`));
  const settings = settingsFor([{ model: 'fast-x4' }], { format: 'png' });
  for (let kill = 0; kill < kills; kill++) {
    const refit = await launch({ userDataDir, executable });
    if (kill === 0) await work(refit, photos, out, settings);
    else {
      await ready(refit);
      await refit.window.evaluate(() => window.refit.startQueue());
    }
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 2500));
    const gone = new Promise((resolve) => refit.app.process().once('exit', resolve));
    refit.app.process().kill('SIGKILL');
    await gone;
  }
  const refit = await launch({ userDataDir, executable });
  await ready(refit);
  const before = await queueOf(refit);
  expect(before.items.map(({ name }) => name)).toEqual(names.map((name) => `${name}.png`));
  await refit.window.evaluate(() => window.refit.startQueue());
  await expect.poll(() => countsOf(refit), { timeout: 300_000 }).toEqual({ saved: names.length });
  expect(await filesIn(out)).toEqual(names.map((name) => path.join('photos', `${name} ×4.png`)));
  for (const file of await filesIn(out))
    expect((await sharp(path.join(out, file)).raw().toBuffer({ resolveWithObject: true })).info.width).toBe(96);
  await refit.close();
});

test('a window that is loaded anew still shows the picture that was looked at', async ({ refit, userDataDir }) => {
  const { photos } = await foldersIn(userDataDir);
  for (const name of ['a.png', 'b.png', 'c.png']) await noise(24, 16).toFile(path.join(photos, name));
  await ready(refit);
  await addFolder(refit, photos);
  const looked = refit.window.getByTestId('queue-looked-name');
  await expect(looked).toHaveText('a.png');
  await refit.window.getByRole('option', { name: /^b\.png/ }).click();
  await expect(looked).toHaveText('b.png');
  await expect(refit.window.getByTestId('picture-size')).toContainText('24 × 16');
  await refit.window.reload();
  await ready(refit);
  await expect(looked).toHaveText('b.png');
});

test('thumbnails are small and upright, of each kind of file, and there is none of what no tool takes', async ({
  refit,
  userDataDir,
}) => {
  const { photos } = await foldersIn(userDataDir);
  // Red on the left and blue on the right, as it is to be seen.
  const half = (width: number, height: number, background: string) =>
    sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer();
  const upright = await sharp(await half(1152, 864, '#f00'))
    .composite([{ input: await half(576, 864, '#00f'), left: 576, top: 0 }])
    .png()
    .toBuffer();
  const file = (name: string): string => path.join(photos, name);
  await sharp(upright).toFile(file('a.png'));
  await sharp(upright).toFile(file('b.jpg'));
  await sharp(upright).rotate(270).withMetadata({ orientation: 6 }).toFile(file('c.jpg'));
  await sharp(upright).webp().toFile(file('d.webp'));
  await sharp(upright).resize(40, 30).toFile(file('e.png'));
  await sharp(upright).jpeg({ progressive: true }).toFile(file('f.jpg'));
  await sharp(upright).toColourspace('cmyk').jpeg().toFile(file('g.jpg'));
  await writeFile(file('h.png'), 'no picture');
  // A header of 100,000 pixels a side.
  const huge = await readFile(file('e.png'));
  huge.writeUInt32BE(100_000, 16);
  await writeFile(file('i.png'), huge);
  await ready(refit);
  await addFolder(refit, photos);
  const seen: Record<string, unknown> = {};
  for (const { id, name } of (await queueOf(refit)).items) {
    const bytes = await refit.window.evaluate(async (item) => {
      const answer = await window.refit.thumbnail(item);
      return answer.ok && answer.value.bytes ? [...answer.value.bytes] : null;
    }, id);
    if (!bytes) {
      seen[name] = null;
      continue;
    }
    const { data, info } = await sharp(Buffer.from(bytes)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const at = (x: number): string => {
      const from = (Math.floor(info.height / 2) * info.width + x) * 3;
      const [red = 0, , blue = 0] = data.subarray(from, from + 3);
      return red > 2 * blue ? 'red' : blue > 2 * red ? 'blue' : `${red} ${blue}`;
    };
    seen[name] = `${info.width} × ${info.height}, ${at(5)}, ${at(info.width - 5)}`;
  }
  const whole = '160 × 120, red, blue';
  expect(seen).toEqual({
    'a.png': whole,
    'b.jpg': whole,
    'c.jpg': whole,
    'd.webp': whole,
    'e.png': '40 × 30, red, blue',
    'f.jpg': whole,
    'g.jpg': whole,
    'h.png': null,
    'i.png': null,
  });
});
