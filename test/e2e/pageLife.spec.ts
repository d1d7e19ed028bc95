/** The window's page crashes, is killed, hangs or is loaded anew: the window comes back, and its job goes on or ends with a reason. */
import type { AppState, Snapshot } from '../../app/states';
import { expect, type RunningApp, readLog, test } from './app';
import { blank, crop, lay, prepared, readPicture } from './pictures';
import { pretendState } from './pretend';
import { chooseTool, openPicture, ready, runUntilFirstTile } from './steps';

/**
 * Evaluates a script in the page that came after one that died. Main asks, since Playwright's page object belongs to the dead process.
 * @param patienceMs short only where the page is asked again. @throws Error where no page answers by then: Electron keeps a question to a
 * dead page for ever.
 */
const inPage = <T>({ app }: RunningApp, script: string, patienceMs = 30_000): Promise<T> =>
  app.evaluate(
    ({ BrowserWindow }, [js, ms]) =>
      Promise.race([
        BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(js),
        new Promise((_resolve, reject) => setTimeout(() => reject(new Error('No page answers')), ms)),
      ]),
    [script, patienceMs] as const,
  ) as Promise<T>;

const textOf = (refit: RunningApp, testId: string, patienceMs?: number): Promise<string> =>
  inPage(refit, `document.querySelector('[data-testid="${testId}"]')?.textContent ?? ''`, patienceMs);

/** For polls: '' where no page answers yet. */
const textSoFar = (refit: RunningApp, testId: string): Promise<string> => textOf(refit, testId, 1000).catch(() => '');

const click = (refit: RunningApp, testId: string): Promise<void> =>
  inPage(refit, `document.querySelector('[data-testid="${testId}"]').click()`);

const back = (refit: RunningApp): Promise<void> =>
  expect
    .poll(() => inPage(refit, 'document.querySelector("[data-testid=status]") !== null', 1000).catch(() => false))
    .toBe(true);

/** Sends the page's process a signal. */
async function signal({ app }: RunningApp, name: NodeJS.Signals): Promise<void> {
  const pid = await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId());
  if (!pid) throw new Error('The window has no process');
  process.kill(pid, name);
}

/** Answers main's message boxes with `button` from now on, so long after they open, and counts them. */
const answerBoxes = ({ app }: RunningApp, button: number, afterMs = 0): Promise<void> =>
  app.evaluate(
    ({ dialog }, { button: response, afterMs }) => {
      const asked: string[] = [];
      Object.assign(globalThis, { asked });
      dialog.showMessageBox = async (...args: unknown[]) => {
        asked.push((args.at(-1) as { message: string }).message);
        await new Promise((resolve) => setTimeout(resolve, afterMs));
        return { response, checkboxChecked: false };
      };
    },
    { button, afterMs },
  );
const asked = ({ app }: RunningApp): Promise<string[]> =>
  app.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);

async function startLong(refit: RunningApp, tool: 'fast-x4' | 'read-text'): Promise<void> {
  await ready(refit);
  await chooseTool(refit, tool);
  if (tool === 'read-text') {
    const page = await readPicture(prepared('read-text', 'page.png'));
    const pages = blank(page.width, 4 * page.height);
    for (let i = 0; i < 4; i++) lay(pages, page, 0, i * page.height);
    await openPicture(refit, pages);
    await refit.window.getByTestId('start').click();
    await expect(refit.window.getByTestId('status-job')).toContainText(/\d+ of \d+/, { timeout: 60_000 });
    return;
  }
  // Enough tiles that some are left when the page ends: four.
  const coffee = await readPicture(prepared('cut-out', 'coffee.png'));
  await openPicture(refit, crop(coffee, { x: 0, y: 0, width: 480, height: 400 }));
  await runUntilFirstTile(refit);
}

for (const tool of ['fast-x4', 'read-text'] as const)
  for (const [how, end] of [
    ['is killed', (refit: RunningApp) => signal(refit, 'SIGKILL')],
    ['crashes', (refit: RunningApp) => signal(refit, 'SIGSEGV')],
    [
      'is loaded anew',
      ({ app }: RunningApp) =>
        app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.reload()),
    ],
  ] as const)
    test(`a job of ${tool} whose page ${how} ${tool === 'fast-x4' ? 'goes on' : 'ends with it, in words'}, and the next one runs`, async ({
      refit,
    }) => {
      await startLong(refit, tool);
      await end(refit);
      if (tool === 'fast-x4') {
        // Tiles need no page: picture, job and result are main's, and the next page shows them.
        await expect.poll(() => textSoFar(refit, 'status-job'), { timeout: 90_000 }).toContain('Done in');
        expect(await textOf(refit, 'picture-size')).toContain('480 × 400');
        expect(await textOf(refit, 'notices')).toBe('');
        const { value } = await inPage<{ value: Snapshot }>(refit, 'window.refit.getState()');
        expect(value.state.result).toMatchObject({ model: 'fast-x4', kind: 'finished', width: 1920, height: 1600 });
      } else {
        // The notes show once the next page has loaded.
        await expect.poll(() => textSoFar(refit, 'notices')).toContain('The window had to be loaded again');
        const { value } = await inPage<{ value: Snapshot }>(refit, 'window.refit.getState()');
        expect(value.state.job.kind).toBe('failed');
      }
      await click(refit, 'tool-cut-out');
      await expect.poll(() => textSoFar(refit, 'start')).not.toBe('');
      await click(refit, 'start');
      if (tool === 'fast-x4') {
        // The finished result is not saved, so the window asks.
        await expect.poll(() => textSoFar(refit, 'question-discard')).not.toBe('');
        await click(refit, 'question-discard');
      }
      await expect.poll(() => textSoFar(refit, 'status-job'), { timeout: 90_000 }).toContain('Done in');
    });

test('a page that dies twice at once is loaded a third time, each death a line in the log', async ({
  refit,
  userDataDir,
}) => {
  await ready(refit);
  for (let death = 0; death < 2; death++) {
    await signal(refit, 'SIGKILL');
    await expect
      .poll(async () => (await readLog(userDataDir)).match(/window process gone: killed/g)?.length ?? 0)
      .toBe(death + 1);
    await expect
      .poll(() =>
        refit.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId() ?? 0),
      )
      .toBeGreaterThan(0);
  }
  await back(refit);
});

test('a page that dies at every try ends in one box that says so; Try again loads it once more', async ({ refit }) => {
  await ready(refit);
  await answerBoxes(refit, 0, 3000);
  await refit.app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    let deaths = 0;
    const die = (): void => {
      if (deaths++ < 6) contents?.forcefullyCrashRenderer();
    };
    contents?.on('dom-ready', die);
    die();
  });
  const once = [expect.stringContaining('several times')];
  await expect.poll(() => asked(refit), { timeout: 60_000 }).toEqual(once);
  // What the person need not hear twice.
  await refit.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.emit('did-fail-load', {}, -2, 'failed', 'app://refit/', true),
  );
  await back(refit);
  expect(await asked(refit)).toEqual(once);
});

test('a box says that the page does not answer, and the page is loaded anew where the person wants it', async ({
  refit,
  userDataDir,
}) => {
  await startLong(refit, 'read-text');
  await answerBoxes(refit, 1);
  await signal(refit, 'SIGSTOP');
  // Chromium does not report a hung page while a debugger, such as this test's, is attached.
  await refit.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.emit('unresponsive'));
  await expect.poll(() => asked(refit), { timeout: 60_000 }).toEqual([expect.stringContaining('does not answer')]);
  await back(refit);
  await expect.poll(() => textSoFar(refit, 'notices')).toContain('The window had to be loaded again');
  expect(await readLog(userDataDir)).toContain('window does not answer');
});

test('a screen that cannot be drawn says so, and a click brings the window back', async ({ refit }) => {
  const { app, window: page } = refit;
  await ready(refit);
  const answer = await page.evaluate(() => window.refit.getState());
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  // Main never sends this state: it stands for anything that makes a component throw.
  await pretendState(refit, { ...answer.value.state, setup: { kind: 'prepared' } } as unknown as AppState);
  await expect(page.getByTestId('failed')).toContainText('This screen could not be drawn');
  await refit.screenshots('failed');
  await app.evaluate(({ ipcMain }, state) => {
    ipcMain.removeHandler('state:get');
    ipcMain.handle('state:get', () => ({ ok: true, value: state }));
  }, answer.value);
  await page.getByRole('button', { name: 'Load again' }).click();
  await expect(page.getByTestId('start')).toBeVisible();
});
