/** A window that was taken over gets nowhere, and the window's own policy breaks nothing of ours. */
import { commands } from '../../app/contract';
import { workshopCommands } from '../../app/workshop';
import { expect, readLog, test } from './app';
import { pictures, prepared, readPicture } from './pictures';
import { test as sharedTest } from './pretend';
import { chooseTool, openPicture, ready, run, runUntilFirstTile } from './steps';

// Whatever is asked in a `sharedTest` leaves the app as it was, so they share one.
sharedTest('gives the window named methods and nothing else', async ({ refit }) => {
  await ready(refit);
  const found = await refit.window.evaluate(() => ({
    methods: Object.keys(window.refit).sort(),
    node: ['require', 'process', 'Buffer', 'electron', 'ipcRenderer'].filter((name) => name in window),
  }));
  expect(found.node).toEqual([]);
  expect(found.methods).toEqual([
    'addDropped',
    'addRecent',
    'cancelJob',
    'cancelSave',
    'changeAnswer',
    'chooseDevice',
    'chooseForQueue',
    'chooseOutput',
    'chooseTool',
    'chooseVersion',
    'clearRecent',
    'compareVersions',
    'continueSetup',
    'copyText',
    'createPicture',
    'cut',
    'dropRecipe',
    'expectJob',
    'finishJob',
    'getQueue',
    'getState',
    'installWeights',
    'keepRecipe',
    'leave',
    'listModels',
    'listRecent',
    'listVersions',
    'lookAtItem',
    'lookedAtItem',
    'moveItems',
    'onChanged',
    'onEvent',
    'onGiven',
    'onLeaving',
    'onOutputs',
    'onQueue',
    'onSaving',
    'openGiven',
    'openRecent',
    'pauseQueue',
    'prepare',
    'removeItems',
    'restart',
    'retry',
    'retryItems',
    'runParts',
    'sample',
    'save',
    'saveText',
    'sendRows',
    'setItemSteps',
    'setQueue',
    'showCompared',
    'showInFolder',
    'showPicture',
    'showQueueFolder',
    'skipItems',
    'startJob',
    'startQueue',
    'takeGiven',
    'thumbnail',
    'useResult',
    'view',
  ]);
});

sharedTest('listens in main to the commands of the contract and to nothing else', async ({ refit }) => {
  await ready(refit);
  const heard = await refit.app.evaluate(({ ipcMain, BrowserWindow }) => {
    // Electron has no public list of handlers; where it keeps them no more, this says so instead of passing.
    const handlers = (ipc: object): string[] => {
      const byChannel: unknown = Reflect.get(ipc, '_invokeHandlers');
      return byChannel instanceof Map ? [...byChannel.keys()].map(String) : ['unknown'];
    };
    const window = BrowserWindow.getAllWindows()[0]?.webContents;
    const all = [ipcMain, window?.ipc, window?.mainFrame.ipc].filter((ipc) => ipc !== undefined);
    return { events: all.flatMap((ipc) => ipc.eventNames().map(String)), handlers: all.flatMap(handlers) };
  });
  // Electron's own listener, which does nothing: without one, a message of that name would throw.
  expect(heard.events.filter((event) => event !== 'error')).toEqual([]);
  expect(heard.handlers.sort()).toEqual(Object.keys({ ...commands, ...workshopCommands }).sort());
});

sharedTest('starts without a breach of its own policy, in its own font', async ({ refit }) => {
  await ready(refit);
  const errors: string[] = [];
  refit.window.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  refit.window.on('pageerror', (error) => errors.push(error.message));
  await refit.window.reload();
  await ready(refit);
  await refit.window.getByTestId('why').or(refit.window.getByTestId('device')).click();
  await refit.window.evaluate(() => document.fonts.ready);
  const fonts = await refit.window.evaluate(() =>
    [...document.fonts].filter(({ status }) => status === 'loaded').map(({ family }) => family.replaceAll('"', '')),
  );
  expect(fonts).toContain('Inter Variable');
  expect(errors).toEqual([]);
});

test('finishes a picture however much a window wants to see of it meanwhile', async ({ refit }) => {
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await refit.window.evaluate(() => {
    const answers = Object.assign(globalThis, { shown: 0 });
    const spam = async (): Promise<void> => {
      const region = { x: 0, y: 0, width: 144, height: 96 };
      const view = { layer: 'original' as const, id: 1, region, width: 144, height: 96 };
      for (let i = 0; i < 400; i++) {
        const views = await Promise.all(Array.from({ length: 50 }, () => window.refit.view(view)));
        answers.shown += views.filter(({ ok }) => ok).length;
      }
    };
    void spam();
  });
  await run(refit);
  // What it wanted to see was there, so each view was work for main.
  expect(await refit.window.evaluate(() => (globalThis as unknown as { shown: number }).shown)).toBeGreaterThan(0);
});

test('the window comes back after its process has ended', async ({ refit }) => {
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await readPicture(prepared('cut-out', 'coffee.png')));
  await runUntilFirstTile(refit);
  const loaded = refit.window.waitForEvent('load').catch(() => undefined);
  await refit.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
  );
  await loaded;
  // The page's old object is of the process that has ended, so main asks.
  const tells = () =>
    refit.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
        'document.querySelector("[data-testid=status]") !== null',
      ),
    );
  await expect.poll(tells).toBe(true);
});

test('logs a fault that nobody caught in main, and works on', async ({ refit, userDataDir }) => {
  await ready(refit);
  await refit.app.evaluate(() => {
    setTimeout(() => {
      throw new Error('thrown by the test');
    });
    void Promise.reject(new Error('rejected by the test'));
  });
  await expect.poll(() => readLog(userDataDir)).toContain('thrown by the test');
  await expect.poll(() => readLog(userDataDir)).toContain('rejected by the test');
  expect(await refit.window.evaluate(() => window.refit.getState())).toMatchObject({ ok: true });
});
