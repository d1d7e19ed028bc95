/** Files that are no picture, or not all of one: said beside the drop zone, and the window goes on. */
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test as freshTest, type RunningApp } from './app';
import { encode, pictures, prepared } from './pictures';
import { loadAnew, shareApp } from './sharedApp';
import { chooseFile, chooseTool, expectError, openPicture, ready } from './steps';

/** For those that open a picture of another size than the one before. */
const test = shareApp(freshTest);

/** A PNG that says it has this size and holds nothing. */
function pngHeader(width: number, height: number): Buffer {
  const bytes = encode({ width: 1, height: 1, data: Buffer.alloc(4) });
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

async function half(file: string): Promise<Buffer> {
  const bytes = await readFile(file);
  return bytes.subarray(0, bytes.length / 2);
}

const bad: [what: string, name: string, bytes: () => Promise<Buffer> | Buffer, code: string][] = [
  ['a text', 'letter.png', () => Buffer.from('Dear cat, this is not a picture.'), 'PICTURE_UNREADABLE'],
  ['an empty file', 'empty.png', () => Buffer.alloc(0), 'PICTURE_EMPTY'],
  ['half a PNG', 'half.png', () => half(prepared('photo-x4', 'cat.png')), 'PICTURE_UNREADABLE'],
  ['half a JPEG', 'half.jpg', () => half(prepared('fast-x4', 'rocket.jpg')), 'PICTURE_UNREADABLE'],
  ['a PNG of 30,000 × 30,000', 'huge.png', () => pngHeader(30_000, 30_000), 'PICTURE_TOO_LARGE'],
  ['a PNG wider than any decoder takes', 'wide.png', () => pngHeader(65_536, 1), 'PICTURE_TOO_LARGE'],
  ['a PNG whose pixels are not there', 'hollow.png', () => pngHeader(4000, 4000), 'PICTURE_UNREADABLE'],
  [
    'random bytes',
    'noise.webp',
    () => Buffer.from(Array.from({ length: 999 }, (_, i) => (i * 7919) % 251)),
    'PICTURE_UNREADABLE',
  ],
];

async function stillWorks(refit: RunningApp): Promise<void> {
  await openPicture(refit, await pictures['fast-x4']());
  await expect(refit.window.getByTestId('start')).toBeEnabled();
  await expect(refit.window.getByTestId('error-inline')).toBeHidden();
}

freshTest('says what is wrong with each bad file, and opens the next good one', async ({ refit }) => {
  await ready(refit);
  for (const [what, name, bytes, code] of bad)
    await test.step(what, async () => {
      await chooseFile(refit, name, await bytes());
      await expectError(refit, code);
      await refit.screenshot(`bad-${name}`);
    });
  await refit.screenshots('bad-picture');
  await stillWorks(refit);
});

test('says of a file of 2.5 GB that it is too large', async ({ refit, userDataDir }) => {
  await loadAnew(refit);
  const file = path.join(userDataDir, 'huge.png');
  await writeFile(file, pngHeader(16_000, 16_000));
  await truncate(file, 2.5e9);
  await refit.window.getByTestId('file-input').setInputFiles(file);
  await expectError(refit, 'PICTURE_FILE_TOO_LARGE');
  await expect(refit.window.getByTestId('error-inline')).toContainText('2.5 GB');
  await stillWorks(refit);
});

test("opens or refuses every strange picture of another library's tests", async ({ refit }) => {
  test.slow();
  await loadAnew(refit);
  const folder = path.join(import.meta.dirname, 'strangePictures');
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.txt'));
  expect(names.length).toBeGreaterThan(10);
  let refused = 0;
  for (const name of names)
    await test.step(name, async () => {
      // A size that none of them has, so that another size shows that the next one was opened.
      await openPicture(refit, { width: 7, height: 5, data: Buffer.alloc(140, 255) }, 'before.png');
      await chooseFile(refit, name, await readFile(path.join(folder, name)));
      const error = refit.window.locator('[data-testid="error-inline"]');
      const size = refit.window.getByTestId('picture-size');
      const told = async () => (await error.isVisible()) || !(await size.textContent())?.includes('7 × 5');
      await expect.poll(told).toBe(true);
      if (await error.isVisible()) refused += 1;
    });
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(names.length);
  await stillWorks(refit);
});

test('says so beside the open picture, which stays', async ({ refit }) => {
  await loadAnew(refit);
  await openPicture(refit, await pictures['fast-x4']());
  await chooseFile(refit, 'letter.png', Buffer.from('Dear cat'));
  await expectError(refit, 'PICTURE_UNREADABLE');
  await expect(refit.window.getByTestId('original-canvas')).toBeVisible();
  await expect(refit.window.getByTestId('picture-size')).toContainText('144 × 96');
  await refit.screenshots('bad-picture-beside');
});

test('says so where the file has gone between choosing and reading', async ({ refit, userDataDir }) => {
  await loadAnew(refit);
  const file = path.join(userDataDir, 'gone.png');
  await writeFile(file, encode(await pictures['fast-x4']()));
  // The app's worker reads at once, so the test holds its request back until the file is gone.
  await refit.window.evaluate(() => {
    const ask = Worker.prototype.postMessage as (message: unknown) => void;
    const gate = new Promise<void>((open) => Object.assign(window, { open }));
    Worker.prototype.postMessage = function (message: unknown) {
      void gate.then(() => ask.call(this, message));
    };
  });
  await refit.window.getByTestId('file-input').setInputFiles(file);
  await expect(refit.window.getByText('Opening gone.png…').first()).toBeVisible();
  await rm(file);
  await refit.window.evaluate(() => (window as unknown as { open(): void }).open());
  await expectError(refit, 'PICTURE_NOT_OPENED');
  await stillWorks(refit);
});

test('starts a tool on the widest picture there is', async ({ refit }) => {
  await loadAnew(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, { width: 65_535, height: 1, data: Buffer.alloc(65_535 * 4, 255) }, 'wide.png');
  await expect(refit.window.getByTestId('error-inline')).toBeHidden();
  await expect(refit.window.getByTestId('output-size')).toHaveText('262140 × 4');
  await expect(refit.window.getByTestId('start')).toBeEnabled();
});

freshTest('opens what is dropped and what is pasted', async ({ refit }) => {
  await ready(refit);
  const bytes = [...encode(await pictures['fast-x4']())];
  for (const type of ['drop', 'paste'] as const) {
    await refit.window.evaluate(
      ([kind, data]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(data)], `${kind}.png`, { type: 'image/png' }));
        const init = { bubbles: true, cancelable: true };
        document.body.dispatchEvent(
          kind === 'drop'
            ? new DragEvent('drop', { ...init, dataTransfer: transfer })
            : new ClipboardEvent('paste', { ...init, clipboardData: transfer }),
        );
      },
      [type, bytes] as const,
    );
    await expect(refit.window.getByTestId('picture-size')).toContainText('144 × 96');
    await openPicture(refit, await pictures['cut-out']());
  }
});
