/** The app asks before an unsaved result is lost, and does not ask about a saved one. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { isUnsaved } from '../../app/states';
import { expectAccessible } from './accessibility';
import { expect, type RunningApp } from './app';
import { encode, prepared, readPicture } from './pictures';
import { shareApp } from './sharedApp';
import { test as freshTest, readyInSmallTiles, tilePicture } from './smallTiles';
import { answerSaveDialog, chooseTool, openPicture, ready, run, save, stateOf } from './steps';

/** For those after which the app works on. */
const test = shareApp(freshTest);

async function finished(refit: RunningApp): Promise<void> {
  // The notice of the small tiles is there once a page.
  await refit.window.reload();
  await readyInSmallTiles(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await tilePicture(), 'cat.png');
  await run(refit);
}

/** Opens a picture as the file chooser would, and answers no question. */
const openAnother = async ({ window }: RunningApp): Promise<void> =>
  window
    .getByTestId('file-input')
    .setInputFiles({ name: 'another.png', mimeType: 'image/png', buffer: encode(await tilePicture()) });
/** Closes the window as a person does; the page may ask first. */
const closeWindow = ({ app }: RunningApp): Promise<void> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
const quit = ({ app }: RunningApp): Promise<void> => app.evaluate(({ app: electron }) => electron.quit());
const nameOf = async (refit: RunningApp): Promise<string | undefined> => (await stateOf(refit)).picture?.name;
const ended = ({ app }: RunningApp): Promise<unknown> => new Promise((resolve) => app.process().once('exit', resolve));

test('another picture opens only once the person has let the result go, by keys alone', async ({ refit }) => {
  const { window } = refit;
  await finished(refit);
  await window.getByTestId('save').focus();
  await openAnother(refit);
  const question = window.getByTestId('question');
  await expect(question).toContainText('What Fast ×4 made is not saved');
  await expect(question).toContainText('another picture');
  await expect(window.getByTestId('question-save')).toBeFocused();
  await expectAccessible(window);
  await refit.screenshots('unsaved');
  // The focus stays in the question.
  const focused = (): Promise<boolean> =>
    window.evaluate(() => document.activeElement?.closest('dialog, body:not(:focus)') !== null);
  for (let i = 0; i < 4; i++) {
    await window.keyboard.press('Tab');
    expect(await focused()).toBe(true);
  }
  // None of the window's own keys does anything behind it.
  await window.keyboard.press('Control+s');
  await expect(question).toBeVisible();
  await window.keyboard.press('Escape');
  await expect(question).toBeHidden();
  expect([await nameOf(refit), isUnsaved(await stateOf(refit))]).toEqual(['cat.png', true]);
  await expect(window.getByTestId('save')).toBeFocused();

  await openAnother(refit);
  await window.getByTestId('question-discard').focus();
  await window.keyboard.press('Enter');
  await expect.poll(() => nameOf(refit)).toBe('another.png');
});

test('a result that is saved from the question is on disk before it goes', async ({ refit, userDataDir }) => {
  const { window } = refit;
  await finished(refit);
  await answerSaveDialog(refit, null);
  await openAnother(refit);
  await window.getByTestId('question-save').click();
  await expect(window.getByTestId('question')).toBeHidden();
  await expect(window.getByTestId('save')).toBeEnabled();
  expect([await nameOf(refit), isUnsaved(await stateOf(refit))]).toEqual(['cat.png', true]);

  const file = path.join(userDataDir, 'mine.png');
  await answerSaveDialog(refit, file);
  await openAnother(refit);
  await window.getByTestId('question-save').click();
  await expect.poll(() => nameOf(refit)).toBe('another.png');
  expect((await readPicture(file)).width).toBe(4 * (await tilePicture()).width);
});

test('a result that was saved asks nothing', async ({ refit, userDataDir }) => {
  await finished(refit);
  await save(refit, path.join(userDataDir, 'mine.png'));
  await openAnother(refit);
  await expect.poll(() => nameOf(refit)).toBe('another.png');
  await expect(refit.window.getByTestId('question')).toBeHidden();
});

test('another tool starts only once the result is saved, or let go', async ({ refit, userDataDir }) => {
  const { window } = refit;
  await finished(refit);
  await chooseTool(refit, 'cut-out');
  await window.getByTestId('start').click();
  await expect(window.getByTestId('question')).toContainText('What Fast ×4 made is not saved');
  await window.getByTestId('question-cancel').click();
  await expect(window.getByTestId('tool-cut-out')).toHaveAttribute('aria-current', 'true');
  expect((await stateOf(refit)).result?.model).toBe('fast-x4');

  const file = path.join(userDataDir, 'mine.png');
  await answerSaveDialog(refit, file);
  await window.getByTestId('start').click();
  await window.getByTestId('question-save').click();
  await expect.poll(async () => (await stateOf(refit)).result?.model, { timeout: 60_000 }).toBe('cut-out');
  await expect(window.getByTestId('tool-cut-out')).toHaveAttribute('aria-current', 'true');
  expect((await readPicture(file)).width).toBe(4 * (await tilePicture()).width);
});

for (const [way, close] of [
  ['its window is closed', closeWindow],
  ['it quits', quit],
] as const)
  freshTest(`where ${way} the person is asked, and what they say is done`, async ({ refit, userDataDir }) => {
    const { window } = refit;
    await finished(refit);
    await close(refit);
    await expect(window.getByTestId('question')).toContainText('Refit closes');
    await window.keyboard.press('Escape');
    await expect(window.getByTestId('question')).toBeHidden();
    // The page asks again: a second close is not an answer.
    await close(refit);
    await close(refit);
    await expect(window.getByTestId('question')).toBeVisible();
    const file = path.join(userDataDir, 'mine.png');
    await answerSaveDialog(refit, file);
    const end = ended(refit);
    await window.getByTestId('question-save').click();
    await end;
    expect((await readPicture(file)).width).toBe(4 * (await tilePicture()).width);
  });

freshTest('closes without the result where the person lets it go', async ({ refit }) => {
  const { window } = refit;
  await finished(refit);
  await closeWindow(refit);
  await expect(window.getByTestId('question')).toBeVisible();
  const end = ended(refit);
  // The window may close before the click has ended.
  await window
    .getByTestId('question-discard')
    .click()
    .catch(() => undefined);
  await end;
});

freshTest('asks in a box where the window does not answer, and closes', async ({ refit }) => {
  await finished(refit);
  await refit.app.evaluate(({ dialog }) => {
    dialog.showMessageBox = async (...args: unknown[]) => {
      process.stdout.write(`ASKED ${(args.at(-1) as { message: string }).message}\n`);
      return { response: 1, checkboxChecked: false };
    };
  });
  const page = await refit.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId(),
  );
  process.kill(page ?? 0, 'SIGSTOP');
  const end = ended(refit);
  await closeWindow(refit);
  await end;
  // Stopped, it outlives the app and holds its output open: Playwright would wait for that at the worker's end, and fail.
  if (page && existsSync(`/proc/${page}`)) process.kill(page, 'SIGCONT');
  expect(refit.output()).toContain('ASKED What the tool made is not saved');
});

test('boxes that were changed after they were saved are not saved', async ({ refit, userDataDir }) => {
  const { window } = refit;
  await ready(refit);
  await chooseTool(refit, 'blur-faces');
  await openPicture(refit, await readPicture(prepared('blur-faces', 'astronaut.png')), 'face.png');
  await run(refit);
  await save(refit, path.join(userDataDir, 'mine.png'));
  expect(isUnsaved(await stateOf(refit))).toBe(false);
  await window.getByTestId('hide-solid').click();
  await openAnother(refit);
  await expect(window.getByTestId('question')).toContainText('What Blur faces made is not saved');
  await window.getByTestId('question-cancel').click();
  await save(refit, path.join(userDataDir, 'mine.png'));
  await openAnother(refit);
  await expect.poll(() => nameOf(refit)).toBe('another.png');
});

test('text that was copied asks nothing', async ({ refit }) => {
  const { window } = refit;
  await ready(refit);
  await chooseTool(refit, 'read-text');
  await openPicture(refit, await readPicture(prepared('read-text', 'page.png')), 'page.png');
  await run(refit);
  await openAnother(refit);
  await expect(window.getByTestId('question')).toContainText('What Read text made is not saved');
  await window.keyboard.press('Escape');
  await window.getByTestId('copy-all').click();
  await expect.poll(async () => isUnsaved(await stateOf(refit))).toBe(false);
  await openAnother(refit);
  await expect.poll(() => nameOf(refit)).toBe('another.png');
});
