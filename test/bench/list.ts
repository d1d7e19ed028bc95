/** How long the packaged app's queue takes to list a large folder, and what the list and its thumbnails add to the app's memory. */
import { link, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { type App, closeApp, openApp } from './app';
import type { ListRow } from './appReport';
import { memoryOf } from './memory';
import { writePhoto } from './picture';

/** Pictures that differ; the others are hard links to these. */
const kinds = 50;
/** Stations on the way through the strip, at each of which the thumbnails in sight are waited for. */
const stations = 60;

export interface ListBench {
  files: number;
  size: { width: number; height: number };
  device: 'gpu' | 'cpu';
  userData: string;
  /** For the pictures; emptied. */
  folder: string;
}

/** @throws Error where not all are listed. */
export async function measureList({ files, size, device, userData, folder }: ListBench): Promise<ListRow> {
  const from = path.join(folder, 'many');
  await rm(from, { recursive: true, force: true });
  await mkdir(from, { recursive: true });
  await writeMany(from, files, size);
  const app = await openApp(userData, 'software', device);
  try {
    const { window: page } = app;
    await page.evaluate(async () => {
      const answer = await window.refit.getQueue();
      const ids = answer.ok ? answer.value.items.map(({ id }) => id) : [];
      if (ids.length > 0) await window.refit.removeItems(ids);
    });
    // What a first picture costs once is no part of the list.
    await page.waitForTimeout(2000);
    const before = memoryOf(app.pids.main);
    await app.app.evaluate(
      ({ dialog }, filePaths) => {
        dialog.showOpenDialog = async () => ({ canceled: false, filePaths });
      },
      [from],
    );
    const listedMs = await page.evaluate(listInWindow, `${new Intl.NumberFormat('en').format(files)} pictures`);
    let most = memoryOf(app.pids.main);
    for (let at = 0; at <= stations; at++) {
      await show(app, at / stations);
      most = Math.max(most, memoryOf(app.pids.main));
    }
    const { width, height } = size;
    return {
      files,
      megapixels: Number(((width * height) / 1e6).toFixed(2)),
      listedMs,
      addedBytes: Math.max(0, most - before),
      taken: new Date().toISOString(),
    };
  } finally {
    await closeApp(app);
  }
}

async function writeMany(folder: string, files: number, { width, height }: ListBench['size']): Promise<void> {
  const base = path.join(folder, 'base.png');
  await writePhoto(base, width, height);
  const { data, info } = await sharp(base).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  await rm(base);
  const nameOf = (i: number): string => path.join(folder, `photo ${i}.jpg`);
  for (let i = 0; i < Math.min(kinds, files); i++)
    await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
      .modulate({ hue: i * 7 })
      .jpeg({ quality: 92 })
      .toFile(nameOf(i));
  for (let i = kinds; i < files; i++) await link(nameOf(i % kinds), nameOf(i));
}

/** Scrolls the strip to a share of its length, and waits for the thumbnails there. */
async function show({ window: page }: App, share: number): Promise<void> {
  await page.getByTestId('queue-list').evaluate((list, to) => {
    list.scrollLeft = to * (list.scrollWidth - list.clientWidth);
  }, share);
  await page.waitForFunction(
    () => {
      const shown = [...document.querySelectorAll('[data-testid="queue-item"]')];
      return shown.length > 0 && shown.every((item) => item.querySelector('img'));
    },
    null,
    { timeout: 60_000 },
  );
}

/** Runs in the window. @returns milliseconds from the choice of a folder to the frame in which the strip says `words`. */
async function listInWindow(words: string): Promise<number> {
  const startedAt = performance.now();
  await window.refit.chooseForQueue({ what: 'folder', before: null });
  for (;;) {
    await new Promise(requestAnimationFrame);
    const said = document.querySelector('[data-testid="queue"]')?.textContent ?? '';
    if (said.includes(words)) return performance.now() - startedAt;
    if (performance.now() - startedAt > 120_000)
      throw new Error(`After 2 minutes the strip says ${said.slice(0, 200)}`);
  }
}
