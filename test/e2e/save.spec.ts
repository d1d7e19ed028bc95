/** Results are saved where the dialog said, in the chosen format, and nothing is lost where that fails. */
import { watch } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, launch, type RunningApp } from './app';
import { prepared, readPicture } from './pictures';
import { shareApp } from './sharedApp';
import { test as base, readyInSmallTiles, tilePicture } from './smallTiles';
import { answerSaveDialog, chooseTool, expectError, openPicture, ready, run, save, suggestedName } from './steps';

const test = shareApp(base);

/** A result that nothing was chosen for but its tool. */
async function finished(refit: RunningApp, name = 'grey cat.png'): Promise<void> {
  await refit.window.reload();
  await readyInSmallTiles(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await tilePicture(), name);
  await run(refit);
}

for (const [letters, letter] of [
  ['Latin', 'n'],
  ['Chinese', '写'],
  ['joined emoji', '👩‍🚀'],
] as const)
  test(`saves a picture whose name of ${letters} is as long as a file system takes under the suggested name`, async ({
    refit,
    userDataDir,
  }) => {
    const stem = letter.repeat(Math.floor(251 / Buffer.byteLength(letter)));
    const name = `${'n'.repeat(251 - Buffer.byteLength(stem))}${stem}.png`;
    expect(Buffer.byteLength(name)).toBe(255);
    await finished(refit, name);
    await answerSaveDialog(refit, path.join(userDataDir, 'first.png'));
    await refit.window.getByTestId('save').click();
    await expect(refit.window.getByTestId('saved')).toBeVisible();
    const suggested = await suggestedName(refit);
    expect(suggested).toMatch(/ ×4\.png$/);
    expect(name.startsWith(suggested.replace(' ×4.png', ''))).toBe(true);
    expect((await save(refit, path.join(userDataDir, suggested))).toString('hex')).toMatch(/^89504e47/);
    expect(await readdir(userDataDir)).toContain(suggested);
  });

test('says of a name that is too long that the name is, and saves under a shorter one', async ({
  refit,
  userDataDir,
}) => {
  await finished(refit);
  await answerSaveDialog(refit, path.join(userDataDir, `${'n'.repeat(252)}.png`));
  await refit.window.getByTestId('save').click();
  await expectError(refit, 'NAME_TOO_LONG');
  await save(refit, path.join(userDataDir, `${'n'.repeat(251)}.png`));
});

test('removes at its start what a killed app left where the system keeps temporary files', async ({ userDataDir }) => {
  const folder = path.join(userDataDir, 'tmp');
  // No process has so large a number.
  for (const dead of ['refit-save-99999999-a', 'another']) await mkdir(path.join(folder, dead), { recursive: true });
  const refit = await launch({ userDataDir, env: { TMPDIR: folder, TEMP: folder, TMP: folder } });
  await ready(refit);
  await expect.poll(async () => (await readdir(folder)).filter((name) => name.startsWith('refit-save'))).toEqual([]);
  expect(await readdir(folder)).toContain('another');
  await refit.close();
});

const signatures = { png: '89504e47', jpeg: 'ffd8ff', webp: '52494646' };
const endings = { png: 'png', jpeg: 'jpg', webp: 'webp' };

test('writes PNG, JPEG and WebP where the dialog said, under the name of the picture', async ({
  refit,
  userDataDir,
}) => {
  await finished(refit);
  const folder = path.join(userDataDir, 'out');
  await mkdir(folder);
  for (const format of ['png', 'jpeg', 'webp'] as const) {
    await refit.window.getByTestId(`format-${format}`).click();
    const bytes = await save(refit, path.join(folder, `mine.${endings[format]}`));
    expect(bytes.toString('hex')).toMatch(new RegExp(`^${signatures[format]}`));
    expect(await suggestedName(refit)).toBe(`grey cat ×4.${endings[format]}`);
    await expect(refit.window.getByTestId('saved')).toHaveText(new RegExp(`Saved as mine.${endings[format]}`));
  }
  expect((await readdir(folder)).sort()).toEqual(['mine.jpg', 'mine.png', 'mine.webp']);
  await expect(refit.window.locator('[data-testid="where"]')).toHaveText('out');
  await refit.screenshots('saved');
});

test('format, quality, size and what is kept are large enough to hit, and nothing is cut off, at any size', async ({
  refit,
}) => {
  const { window } = refit;
  await finished(refit);
  await window.getByTestId('format-jpeg').click();
  await window.getByTestId('size-width').click();
  const panel = window.locator('[data-testid="panel"]');
  await refit.screenshots('options', async () => {
    for (const control of await panel
      .locator(
        'button:visible, [data-testid$="options"] input[type=range], [data-testid$="options"] input[type=number], [data-testid$="options"] label',
      )
      .all())
      expect((await control.boundingBox())?.height, await control.innerText()).toBeGreaterThanOrEqual(32);
    expect(await panel.evaluate((all) => all.scrollWidth - all.clientWidth)).toBeLessThanOrEqual(0);
    for (const part of await panel.locator('[data-testid$="options"] > div').all())
      expect(await part.evaluate((div) => div.scrollWidth - div.clientWidth)).toBeLessThanOrEqual(0);
  });
});

test('shows the saved file in its folder', async ({ refit, userDataDir }) => {
  await finished(refit);
  const file = path.join(userDataDir, 'mine.png');
  await save(refit, file);
  await refit.app.evaluate(({ shell }) => {
    shell.showItemInFolder = (shown) => void Object.assign(globalThis, { shown });
  });
  await refit.window.getByTestId('show-in-folder').click();
  await expect.poll(() => refit.app.evaluate(() => (globalThis as unknown as { shown?: string }).shown)).toBe(file);
});

test('changes nothing where the dialog is cancelled', async ({ refit }) => {
  await finished(refit);
  await answerSaveDialog(refit, null);
  await refit.window.getByTestId('save').click();
  await expect(refit.window.getByTestId('save')).toBeEnabled();
  await expect(refit.window.getByTestId('saved')).toBeHidden();
  await expect(refit.window.getByTestId('error-inline')).toBeHidden();
  await expect(refit.window.getByTestId('result-canvas')).toBeVisible();
});

test('says so where the folder cannot be written, and keeps the picture', async ({ refit, userDataDir }) => {
  await finished(refit);
  const file = path.join(userDataDir, 'a file');
  await writeFile(file, '');
  // Not even root may put a file below a file.
  await answerSaveDialog(refit, path.join(file, 'mine.png'));
  await refit.window.getByTestId('save').click();
  await expectError(refit, 'SAVE_FAILED');
  await expect(refit.window.getByTestId('result-canvas')).toBeVisible();
  await refit.screenshots('save-failed');
  await save(refit, path.join(userDataDir, 'mine.png'));
  await expect(refit.window.getByTestId('error-inline')).toBeHidden();
});

test('leaves nothing beside the picture where it is killed in the middle of a save, once it was started again', async ({
  userDataDir,
}) => {
  test.skip(process.platform === 'win32', 'Nothing there tells of a file as it is made.');
  const folder = path.join(userDataDir, 'out');
  await mkdir(folder);
  const file = path.join(folder, 'mine.png');
  await writeFile(file, 'old');
  const killed = await launch({ userDataDir });
  await ready(killed);
  await chooseTool(killed, 'fast-x4');
  // Large enough to take longer to write than a signal takes to arrive.
  const coffee = await readPicture(prepared('cut-out', 'coffee.png'));
  await openPicture(killed, coffee);
  await run(killed);
  await answerSaveDialog(killed, file);
  const { pid = 0 } = killed.app.process();
  const ended = new Promise((resolve) => killed.app.process().once('exit', resolve));
  const watcher = watch(folder, () => {
    process.kill(pid, 'SIGKILL');
    watcher.close();
  });
  void killed.window
    .getByTestId('save')
    .click()
    .catch(() => undefined);
  await ended;
  expect(await readdir(folder)).toHaveLength(2);
  const refit = await launch({ userDataDir });
  await ready(refit);
  await expect.poll(() => readdir(folder)).toEqual(['mine.png']);
  expect(await readFile(file, 'utf8')).toBe('old');
  await refit.close();
});
