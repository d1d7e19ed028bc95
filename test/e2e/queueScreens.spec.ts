/**
 * What the queue and the list of what was opened last look like at moments that seldom last, in the packaged window with real pictures. The
 * window is told of the queue's moments in main's place; queue.spec.ts says how main gets there.
 */
import { link, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator } from '@playwright/test';
import sharp from 'sharp';
import type { RefitApi } from '../../app/contract';
import { AppError } from '../../app/errors';
import type { ItemState, QueueEvent, QueueItem, QueuePhase } from '../../app/queue';
import { wordsOf } from '../../words/errors';
import { expect, launch, type RunningApp, test } from './app';
import { ready } from './steps';

declare const window: { refit: RefitApi };

const samples = [
  ['photo-x4', 'cat.png'],
  ['cut-out', 'coffee.png'],
  ['blur-faces', 'astronaut.png'],
  ['drawing-x4', 'drawing.png'],
  ['fast-x4', 'rocket.jpg'],
] as const;
const names = ['beach', 'harbour at night, seen from the old lighthouse', 'market', 'old town', 'sunset', 'ferry'];
const nameOf = (i: number): string => `${names[i % names.length]} ${i + 1}.jpg`;

/** @returns a folder of so many pictures: hard links to a few files. */
async function picturesIn(root: string, count: number): Promise<string> {
  const folder = path.join(root, 'Holiday');
  await mkdir(path.join(folder, 'Norway'), { recursive: true });
  const files: string[] = [];
  for (const [i, [model, file]] of samples.entries()) {
    const from = path.resolve(import.meta.dirname, '../../models', model, 'prepared', file);
    files.push(path.join(root, `${i}.jpg`));
    await sharp(from)
      .flatten({ background: '#fff' })
      .resize(600, 600, { fit: 'inside' })
      .jpeg()
      .toFile(files[i] ?? '');
  }
  for (let i = 0; i < count; i++)
    await link(files[i % files.length] ?? '', path.join(folder, i % 3 === 2 ? 'Norway' : '', nameOf(i)));
  return folder;
}

const itemsOf = async ({ window: page }: RunningApp): Promise<readonly QueueItem[]> => {
  const answer = await page.evaluate(() => window.refit.getQueue());
  return answer.ok ? answer.value.items : [];
};

/** Adds a folder as a person does, and waits until the strip's thumbnails in sight are there. */
async function add(refit: RunningApp, folder: string, count: number): Promise<readonly QueueItem[]> {
  await ready(refit);
  await refit.app.evaluate(
    ({ dialog }, filePaths) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths });
    },
    [folder],
  );
  await refit.window.evaluate(() => window.refit.chooseForQueue({ what: 'folder', before: null }));
  await expect.poll(async () => (await itemsOf(refit)).length).toBe(count);
  await refit.window.getByTestId('tool-fast-x4').click();
  await thumbnailsThere(refit);
  await expect(refit.window.getByTestId('picture-size')).toBeVisible();
  return itemsOf(refit);
}

const thumbnailsThere = ({ window: page }: RunningApp): Promise<unknown> =>
  page.waitForFunction(() => {
    const shown = [...document.querySelectorAll('[data-testid="queue-item"]')];
    return shown.length > 0 && shown.every((item) => item.querySelector('img'));
  });

/** Tells the window what main would. */
const tell = ({ app }: RunningApp, events: QueueEvent[]): Promise<void> =>
  app.evaluate(({ BrowserWindow }, told) => {
    for (const { webContents } of BrowserWindow.getAllWindows()) webContents.send('queue', told);
  }, events);

const states = (items: readonly QueueItem[], stateOf: (i: number, name: string) => ItemState): QueueEvent => ({
  kind: 'states',
  states: items.map(({ id, name }, i) => ({ id, state: stateOf(i, name) })),
});
const phase = (is: QueuePhase): QueueEvent => ({ kind: 'phase', phase: is });
const saved = (name: string): ItemState => ({
  kind: 'saved',
  file: name.replace('.jpg', ' ×4.jpg'),
  elapsedMs: 2100,
});
const failedWith = (error: AppError): ItemState => ({ kind: 'failed', reason: error.toReport() });
const unreadable = (name: string): ItemState => failedWith(new AppError('PICTURE_UNREADABLE', { name }));

/** Nothing runs out of the window, and words that are cut off can be read whole somewhere. */
async function expectWhole({ window: page }: RunningApp, ...shown: Locator[]): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  for (const each of shown) {
    await expect(each).toBeVisible();
    expect(await each.evaluate((e) => e.scrollWidth - e.clientWidth)).toBeLessThanOrEqual(0);
  }
}

const pauses = [
  ['full', new AppError('OUTPUT_FULL', { name: nameOf(7) }, 'ENOSPC: no space left on device, write')],
  ['gone', new AppError('OUTPUT_GONE', { folder: 'Holiday, enlarged' }, 'ENOENT: no such file or directory, open')],
] as const;
for (const [what, why] of pauses)
  test(`a queue that pauses says why and what would help: ${what}`, async ({ refit }, { outputDir }) => {
    const items = await add(refit, await picturesIn(outputDir, 24), 24);
    await tell(refit, [
      { kind: 'output', output: 'Holiday, enlarged' },
      states(items, (i, name) => (i < 7 ? saved(name) : { kind: 'waiting' })),
      phase({ kind: 'paused', reason: why.toReport() }),
    ]);
    const said = refit.window.getByTestId('queue-actions').getByTestId('error-inline').locator('p');
    const { message, remedy } = wordsOf(why.toReport());
    await expect(said).toHaveText([message, remedy]);
    await refit.screenshots(`queue-paused-${what}`, () =>
      expectWhole(refit, refit.window.getByTestId('queue-start'), said.first(), said.last()),
    );
  });

test('errors are marked in the strip, and named with their reasons at the end', async ({ refit }, { outputDir }) => {
  const items = await add(refit, await picturesIn(outputDir, 24), 24);
  const stateOf = (i: number, name: string): ItemState => {
    if (i === 1 || i === 4) return unreadable(name);
    if (i === 3) return failedWith(new AppError('PICTURE_FILE_TOO_LARGE', { name, bytes: 2e9, maxBytes: 1.1e9 }));
    if (i === 6) return { kind: 'skipped' };
    return saved(name);
  };
  await tell(refit, [
    states(items, (i, name) => {
      if (i > 9) return { kind: 'waiting' };
      return i === 9 ? { kind: 'working', step: 0, done: 7, total: 12, device: 'cpu' } : stateOf(i, name);
    }),
    phase({ kind: 'running', remainingMs: 95_000 }),
  ]);
  await expect(refit.window.locator('[data-testid="queue-item"][data-state="failed"]')).toHaveCount(3);
  await refit.screenshots('queue-errors-running', () => expectWhole(refit));
  await tell(refit, [states(items, stateOf), phase({ kind: 'finished', elapsedMs: 132_000 })]);
  await expect(refit.window.getByTestId('queue-ending')).toBeVisible();
  await refit.screenshots('queue-errors-ended', () => expectWhole(refit));
});

test('a strip of a thousand pictures shows the thumbnails in sight and fits the window', async ({ refit }, {
  outputDir,
}) => {
  const items = await add(refit, await picturesIn(outputDir, 1000), 1000);
  await tell(refit, [
    states(items, (i, name) => {
      if (i < 480) return i % 97 === 89 ? unreadable(name) : saved(name);
      return i === 480 ? { kind: 'working', step: 0, done: 7, total: 12, device: 'cpu' } : { kind: 'waiting' };
    }),
    phase({ kind: 'running', remainingMs: 26 * 60_000 }),
  ]);
  const list = refit.window.getByTestId('queue-list');
  await list.evaluate((element) => {
    element.scrollLeft = 0.48 * (element.scrollWidth - element.clientWidth);
  });
  await thumbnailsThere(refit);
  await refit.screenshots('queue-thousand', async () => {
    await thumbnailsThere(refit);
    await expectWhole(refit);
  });
});

test('lists eight of what was opened last', async ({ userDataDir }, { outputDir }) => {
  const folder = await picturesIn(outputDir, 6);
  const files = [
    ...[0, 1, 3, 4].map((i) => ({ file: path.join(folder, nameOf(i)), kind: 'picture' })),
    { file: folder, kind: 'folder' },
    { file: path.join(folder, 'Norway'), kind: 'folder' },
    { file: path.join(folder, 'Norway', nameOf(2)), kind: 'picture' },
    { file: path.join(folder, 'Norway', nameOf(5)), kind: 'picture' },
  ];
  await writeFile(path.join(userDataDir, 'recent.json'), JSON.stringify(files));
  const refit = await launch({ userDataDir });
  await ready(refit);
  await expect(refit.window.getByTestId('recent').getByRole('listitem')).toHaveCount(8);
  await refit.screenshots('recent-eight', () => expectWhole(refit));
  await refit.close();
});
