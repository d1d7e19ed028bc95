/** A window that was taken over gets nowhere, and the window's own policy breaks nothing of ours. */
import { createSocket } from 'node:dgram';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type Arguments, type Channel, commands, type RefitApi } from '../../app/contract';
import type { QueueSettings } from '../../app/queue';
import { workshopCommands } from '../../app/workshop';
import { executables, expect, launch, type RunningApp, readLog, test } from './app';
import { pictures, prepared, readPicture } from './pictures';
import { answerSaveDialog, chooseTool, openPicture, ready, run, runUntilFirstTile } from './steps';

test('gives the window named methods and nothing else', async ({ refit }) => {
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

test('listens in main to the commands of the contract and to nothing else', async ({ refit }) => {
  await ready(refit);
  const heard = await refit.app.evaluate(({ ipcMain, BrowserWindow }) => {
    // Electron has no public list of handlers; where it keeps them no more, this says so instead of passing.
    const handlers = (ipc: object): string[] => {
      const map: unknown = Reflect.get(ipc, '_invokeHandlers');
      return map instanceof Map ? [...map.keys()].map(String) : ['unknown'];
    };
    const window = BrowserWindow.getAllWindows()[0]?.webContents;
    const all = [ipcMain, window?.ipc, window?.mainFrame.ipc].filter((ipc) => ipc !== undefined);
    return { events: all.flatMap((ipc) => ipc.eventNames().map(String)), handlers: all.flatMap(handlers) };
  });
  // Electron's own, which does nothing, lest a message of that name throws.
  expect(heard.events.filter((event) => event !== 'error')).toEqual([]);
  expect(heard.handlers.sort()).toEqual(Object.keys({ ...commands, ...workshopCommands }).sort());
});

const hash = 'a'.repeat(64);
const pixels = { width: 2, height: 2, rgb: 12 };
const expected = { model: 'fast-x4', picture: 1 };
const job = { ...expected, format: 'png' };
const parts = { jobId: 1, model: 'read-text-lines', done: 0, total: 1, pictures: [pixels] };
const compared = { code: 'COMPARED', left: null, right: null } as const;
const comparison = { model: 'fast-x4', versions: [hash, 'b'.repeat(64)], picture: 1, note: compared };
const hide = { kind: 'hide', style: 'pixelate', strength: 'medium' };
const mask = { kind: 'alpha', width: 2, height: 2, bytes: 4 };
const cutting = { kind: 'cut', base: 'found', ground: { kind: 'blur' }, strokes: [] };
const answered = { jobId: 1, answer: mask, note: null };
const metadata = { texts: [], bitDepth: 8, colour: 'rgb', frames: 1, isDisplayP3: false, isSrgb: true, dropped: [] };
const made = { name: 'a', width: 2, height: 2, alpha: false, displayP3: false, notes: [], metadata };
const rows = { id: 1, y: 0, rgb: 12, alpha: null };
const region = { x: 0, y: 0, width: 2, height: 2 };
const seen = { layer: 'original', id: 1, region, width: 2, height: 2 };
const turned = { centre: { x: 1, y: 1 }, along: { x: 1, y: 0 }, length: 2, breadth: 2 };
const cut = { id: 1, rectangle: turned, width: 2, height: 2 };
const saved: Arguments<'picture:save'> = {
  suggestedName: 'a',
  format: 'png',
  quality: 90,
  width: 2,
  height: 2,
  keepMetadata: true,
  keepPlace: false,
};

const recipe: QueueSettings['recipe'] = {
  steps: [{ model: 'fast-x4' }],
  format: 'png',
  quality: 90,
  size: { kind: 'whole' },
  keepMetadata: true,
  keepPlace: false,
  text: { format: 'csv', together: true },
};
const settings: QueueSettings = { recipe, pattern: '{name}', keepFolders: true };
const badIds = [[], [0], [-1], [1.5], ['1'], new Array(100_001).fill(1), 'all', 1, null];
const badNames = ['', 'x'.repeat(61), 42, null];
/** Its arguments are the preload's own: what a trusted event of Chromium's brought. */
const fromPreload: Channel[] = ['recent:add'];

/** Bad arguments of each command that takes any. A number for `rgb`, `alpha` and `bytes` stands for so many bytes. */
const bad: Partial<Record<Channel, [method: keyof RefitApi, ...args: unknown[]]>> = {
  'weights:list': ['listVersions', 42, '../fast-x4', 'constructor', null, { model: 'fast-x4' }],
  'weights:choose': [
    'chooseVersion',
    { model: 'fast-x4', version: '../../x' },
    { model: '..', version: hash },
    { model: 'fast-x4', version: hash, path: '/etc' },
    'fast-x4',
  ],
  'weights:compare': [
    'compareVersions',
    { ...comparison, versions: [hash] },
    { ...comparison, versions: [hash, hash] },
    { ...comparison, picture: 0 },
    { ...comparison, note: { ...compared, left: 'x'.repeat(501) } },
    { ...comparison, versions: [hash, 'b'] },
    { ...comparison, folder: '/etc' },
  ],
  'weights:compared': [
    'showCompared',
    { jobId: 1, answers: [mask] },
    { jobId: 1, answers: [mask, { ...mask, bytes: 5 }] },
    { jobId: 1, answers: [{ kind: 'same' }, { kind: 'same', path: '/etc' }] },
    { jobId: -1, answers: [{ kind: 'same' }, { kind: 'same' }] },
    null,
  ],
  'device:choose': [
    'chooseDevice',
    { gpu: 'GPU-of-nobody', upTo: 'gpu' },
    { gpu: null, upTo: 'tpu' },
    { gpu: 1, upTo: 'cpu' },
    { gpu: null },
    null,
  ],
  'tool:choose': ['chooseTool', '../fast-x4', 'constructor', null, { model: 'fast-x4' }, 'x'.repeat(1000)],
  'job:expect': [
    'expectJob',
    { ...expected, picture: 0 },
    { ...expected, model: '../fast-x4' },
    { ...expected, model: 'constructor' },
    { ...expected, more: 1 },
    null,
  ],
  'job:start': [
    'startJob',
    { ...job, picture: 0 },
    { ...job, picture: 1.5 },
    { ...job, picture: '1' },
    { ...job, picture: { file: '/etc/passwd' } },
    // No such picture is open.
    { ...job, picture: 7 },
    { ...job, model: '../fast-x4' },
    { ...job, model: 'constructor' },
    { ...job, more: 1 },
    null,
    undefined,
  ],
  'job:parts': [
    'runParts',
    { ...parts, jobId: 0 },
    { ...parts, done: -1 },
    { ...parts, total: 1e9 },
    { ...parts, pictures: [{ ...pixels, rgb: 13 }] },
    { ...parts, pictures: new Array(65).fill(pixels) },
    { ...parts, model: '/etc/passwd' },
    [parts],
  ],
  'job:finish': [
    'finishJob',
    1,
    null,
    { ...answered, jobId: 0 },
    { ...answered, answer: { ...mask, bytes: 3 } },
    { ...answered, answer: { ...mask, width: 4097 } },
    { ...answered, answer: { kind: 'picture', width: 2, height: 2, bytes: 13 } },
    { ...answered, answer: { ...hide, boxes: [{ x: 0, y: 0, width: Number.NaN, height: 1 }] } },
    { ...answered, answer: { ...hide, boxes: new Array(10_001).fill({ x: 0, y: 0, width: 1, height: 1 }) } },
    { ...answered, answer: { kind: 'file', path: '/etc/passwd' } },
    { ...answered, note: 'a sentence of its own' },
    // No such job runs.
    answered,
  ],
  'app:leave': ['leave', 1, null, 'stay', { step: 'leave' }],
  'answer:change': [
    'changeAnswer',
    1,
    null,
    { jobId: 0, answer: hide },
    { jobId: 1, answer: { ...hide, boxes: [{ x: 0, y: 0, width: -1, height: 1 }] } },
    { jobId: 1, answer: hide, note: null },
    { jobId: 1, answer: { kind: 'same' } },
    { jobId: 1, answer: { ...cutting, ground: { kind: 'file', file: '/etc/passwd' } } },
    { jobId: 1, answer: { ...cutting, strokes: [{ keep: true, radius: 1, points: [0] }] } },
    { jobId: 1, answer: { ...cutting, strokes: [{ keep: true, radius: 1e9, points: [0, 0] }] } },
    // No such result is shown.
    { jobId: 77, answer: hide },
    { jobId: 77, answer: cutting },
  ],
  'picture:create': [
    'createPicture',
    { ...made, width: 0 },
    { ...made, width: 65_536, height: 1 },
    { ...made, width: 20_000, height: 20_000 },
    { ...made, name: '' },
    { ...made, file: '/etc/passwd' },
    { ...made, metadata: { ...metadata, exif: 'text' } },
    { ...made, metadata: { ...metadata, dropped: new Array(101).fill('a') } },
    { ...made, notes: new Array(11).fill({ code: 'FIRST_FRAME' }) },
    null,
  ],
  'picture:rows': [
    'sendRows',
    // No picture was begun.
    rows,
    { ...rows, id: 0 },
    { ...rows, y: -1 },
    { ...rows, y: 0.5 },
    { ...rows, rgb: 'pixels' },
    { ...rows, alpha: 'pixels' },
    { ...rows, path: '/etc' },
    null,
  ],
  'picture:ready': ['showPicture', { id: 1, transparent: false }, { id: 0, transparent: false }, { id: 1 }, 1, null],
  view: [
    'view',
    // Nothing is open.
    seen,
    { ...seen, layer: 'file' },
    { ...seen, layer: '__proto__' },
    { ...seen, width: 0 },
    { ...seen, width: 2 ** 12, height: 2 ** 12 },
    { ...seen, region: { ...region, x: -1 } },
    { ...seen, region: { ...region, height: 1e9 } },
    { ...seen, region: null },
    { ...seen, file: '/etc/passwd' },
    null,
  ],
  'picture:cut': [
    'cut',
    cut,
    { ...cut, width: 2 ** 12, height: 2 ** 12 },
    { ...cut, rectangle: { ...turned, length: 0 } },
    { ...cut, rectangle: { ...turned, along: { x: 2, y: 0 } } },
    { ...cut, rectangle: { ...turned, centre: { x: Number.POSITIVE_INFINITY, y: 0 } } },
    { ...cut, id: '../1' },
    null,
  ],
  'picture:sample': ['sample', 42, '../../../etc', 'C:\\', '', undefined],
  'picture:save': [
    'save',
    // No result is there.
    saved,
    { ...saved, format: 'exe' },
    { ...saved, suggestedName: '' },
    { ...saved, suggestedName: 'x'.repeat(1001) },
    { ...saved, path: '/etc/passwd' },
    { ...saved, quality: 0 },
    { ...saved, quality: 100.5 },
    { ...saved, width: 0 },
    { ...saved, height: 1e9 },
    { ...saved, keepPlace: 'no' },
  ],
  'text:save': [
    'saveText',
    { suggestedName: '', format: 'txt', text: 'x' },
    { suggestedName: 'x'.repeat(1001), format: 'txt', text: 'x' },
    { suggestedName: 'a', format: 'txt', text: 42 },
    { suggestedName: 'a', format: 'exe', text: 'x' },
    { suggestedName: 'a', format: 'csv', text: 'x', path: '/etc/passwd' },
    null,
  ],
  'text:copy': ['copyText', 42, null, 'x'.repeat(1_000_001), ['x']],
  // No such entry.
  'recent:open': ['openRecent', 77, 0, -1, 1.5, '../1', null],
  'queue:choose': [
    'chooseForQueue',
    { what: 'file', before: null },
    { what: 'folder' },
    { what: 'folder', before: -1 },
    { what: 'folder', before: null, path: '/etc' },
    null,
  ],
  // Paths are the preload's: what comes in their place is where they are to go.
  'queue:drop': ['addDropped', 0, '/etc', ['/etc'], { paths: ['/etc'], before: null }],
  'queue:remove': ['removeItems', ...badIds],
  'queue:retry': ['retryItems', ...badIds],
  'queue:skip': ['skipItems', ...badIds],
  'queue:move': [
    'moveItems',
    { ids: [1] },
    { ids: [], before: null },
    { ids: [1], before: 'x' },
    { ids: [1], before: null, folder: '/etc' },
    null,
  ],
  'queue:steps': [
    'setItemSteps',
    { ids: [1], steps: [] },
    { ids: [1], steps: [{ model: '../fast-x4' }] },
    { ids: [1], steps: new Array(5).fill({ model: 'fast-x4' }) },
    { ids: [1], steps: [{ model: 'fast-x4', file: '/etc/passwd' }] },
    { ids: [], steps: null },
    null,
  ],
  'queue:set': [
    'setQueue',
    { ...settings, output: '/etc' },
    { ...settings, pattern: 'x'.repeat(10_000) },
    { ...settings, recipe: { ...recipe, quality: 0 } },
    { ...settings, recipe: { ...recipe, format: 'exe' } },
    { ...settings, recipe: { ...recipe, size: { kind: 'times', times: 1e9 } } },
    { ...settings, recipe: { ...recipe, steps: [{ model: 'fast-x4', ground: { kind: 'file', file: '/etc' } }] } },
    null,
  ],
  'queue:keepRecipe': ['keepRecipe', ...badNames],
  'queue:dropRecipe': ['dropRecipe', ...badNames],
  'queue:output': ['chooseOutput', '/etc', 1, null],
  // No such item.
  'queue:look': ['lookAtItem', 77, 0, -1, '1', null],
  'queue:thumbnail': ['thumbnail', 0, -1, '1', null],
};

test.describe('refuses', () => {
  test('arguments that are not what the contract says, of every command', async ({ refit }) => {
    await ready(refit);
    const takesNothing = (Object.keys(commands) as Channel[]).filter(
      (channel) => commands[channel].safeParse(undefined).success,
    );
    expect(Object.keys(bad).sort()).toEqual(
      Object.keys(commands)
        .filter((name) => ![...takesNothing, ...fromPreload].includes(name as Channel))
        .sort(),
    );
    for (const [channel, [method, ...list]] of Object.entries(bad)) {
      const codes = await refit.window.evaluate(
        ([name, all]) => {
          const bytes = (value: unknown): unknown => {
            if (Array.isArray(value)) return value.map(bytes);
            if (typeof value !== 'object' || value === null) return value;
            return Object.fromEntries(
              Object.entries(value).map(([key, part]) => {
                const isBytes = ['rgb', 'alpha', 'bytes'].includes(key) && typeof part === 'number';
                return [key, isBytes ? new Uint8Array(part) : bytes(part)];
              }),
            );
          };
          const call = window.refit[name] as (args: unknown) => Promise<{ error?: { code: string } }>;
          return Promise.all(all.map(async (args) => (await call(bytes(args))).error?.code));
        },
        [method, list] as const,
      );
      expect(codes, channel).toEqual(list.map(() => 'BAD_MESSAGE'));
    }
    await expect(refit.window.getByTestId('status-job')).toHaveText('');
  });

  test('a message from any window but its own, were there one', async ({ refit }) => {
    await ready(refit);
    const answer = await refit.app.evaluate(async ({ BrowserWindow, app }) => {
      const preload = `${app.getAppPath()}/dist/main/preload.js`;
      const other = new BrowserWindow({
        show: false,
        webPreferences: { preload, sandbox: true, contextIsolation: true },
      });
      await other.loadURL('app://refit/');
      const said = await other.webContents.executeJavaScript('window.refit.listModels()');
      other.destroy();
      return said;
    });
    expect(answer).toMatchObject({ ok: false, error: { code: 'BAD_MESSAGE' } });
  });

  test('more than one question to the person at a time', async ({ refit }) => {
    await ready(refit);
    await refit.app.evaluate(({ dialog }) => {
      const asked = Object.assign(globalThis, { questions: 0 });
      dialog.showSaveDialog = () => {
        asked.questions += 1;
        return new Promise((answer) => setTimeout(() => answer({ canceled: true, filePath: '' }), 500));
      };
    });
    const answers = await refit.window.evaluate(() =>
      Promise.all(
        Array.from({ length: 30 }, () => window.refit.saveText({ suggestedName: 'a', format: 'txt', text: 'x' })),
      ),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await refit.app.evaluate(() => (globalThis as unknown as { questions: number }).questions)).toBe(1);
  });

  test('to compare weights while a picture is being worked on', async ({ refit }) => {
    await ready(refit);
    await chooseTool(refit, 'fast-x4');
    await openPicture(refit, await readPicture(prepared('cut-out', 'coffee.png')));
    await runUntilFirstTile(refit);
    const answer = await refit.window.evaluate(
      ([one, other]) =>
        window.refit.compareVersions({
          model: 'fast-x4',
          versions: [one, other],
          picture: 1,
          note: { code: 'COMPARED', left: null, right: null },
        }),
      [hash, 'b'.repeat(64)] as const,
    );
    expect(answer).toMatchObject({ ok: false, error: { code: 'BUSY' } });
  });

  test('a tool that is not there', async ({ refit }) => {
    await ready(refit);
    const answer = await refit.window.evaluate(() => window.refit.sample('no-such-tool'));
    expect(answer).toMatchObject({ ok: false, error: { code: 'MODEL_MISSING' } });
  });

  test('to leave its own page', async ({ refit }) => {
    await ready(refit);
    for (const url of ['https://example.com/', 'file:///etc/passwd', 'app://elsewhere/', 'data:text/html,hi']) {
      await refit.window.evaluate((to) => {
        location.href = to;
      }, url);
      await refit.window.waitForTimeout(150);
      const shown = await refit.app.evaluate(({ webContents }) =>
        webContents.getAllWebContents().map((c) => c.getURL()),
      );
      expect(shown).toEqual(['app://refit/']);
    }
    // Not by a locator: those wait for a navigation that was refused.
    expect(await refit.window.evaluate(() => document.querySelector('[data-testid="status"]') !== null)).toBe(true);
  });

  test('another window', async ({ refit }) => {
    await ready(refit);
    expect(await refit.window.evaluate(() => window.open('app://refit/') === null)).toBe(true);
    expect(refit.app.windows()).toHaveLength(1);
  });

  test('files outside its folder, and the network', async ({ refit }) => {
    await ready(refit);
    const reached = await refit.window.evaluate(async () => {
      const urls = ['file:///etc/passwd', 'https://example.com/', '/%2e%2e/main/open.js', '/..%2f..%2fpackage.json'];
      const answers = await Promise.all(
        urls.map((url) =>
          fetch(url).then(
            (r) => r.ok,
            () => false,
          ),
        ),
      );
      return urls.filter((_, i) => answers[i]);
    });
    expect(reached).toEqual([]);
  });
});

test('starts without one breach of its own policy, in its own type', async ({ refit }) => {
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

/** What a script tries that has the window to itself; each is a promise of whether it got anywhere. */
async function takeOver(web: string, stun: string): Promise<Record<string, boolean>> {
  const soon = <T>(work: Promise<T>): Promise<T | 'never'> =>
    Promise.race([work, new Promise<'never'>((tell) => setTimeout(() => tell('never'), 1500))]);
  const works = (work: () => unknown): Promise<boolean> =>
    // Not in the test's own turn, which the debugger runs and the policy does not bind.
    soon(new Promise<unknown>((done, fail) => setTimeout(() => Promise.resolve().then(work).then(done, fail)))).then(
      (value) => value !== 'never' && value !== false && value !== undefined && value !== null,
      () => false,
    );
  const loads = (tag: 'img' | 'script' | 'iframe' | 'object' | 'link', attributes: object): Promise<boolean> =>
    works(
      () =>
        new Promise((done, fail) => {
          const element = Object.assign(document.createElement(tag), attributes, {
            onload: () => done(true),
            onerror: fail,
          });
          document.body.append(element);
        }),
    );
  const inline = document.createElement('script');
  inline.textContent = 'window.inlineRan = true';
  document.body.append(inline);
  const link = Object.assign(document.createElement('a'), {
    href: URL.createObjectURL(new Blob(['x'])),
    download: 'evil.exe',
  });
  document.body.append(link);
  link.click();
  // It tells of having loaded whatever became of it: the server knows better.
  await loads('iframe', { src: web });
  navigator.sendBeacon(`${web}/beacon`, 'x');
  const files = [
    'file:///etc/passwd',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/main/open.js',
    '/..%5c..%5cmain',
    '/assets',
    '//etc/passwd',
  ];
  const read = (url: string) => works(() => fetch(url).then(async (r) => r.ok && (await r.text())));
  return {
    // biome-ignore lint/security/noGlobalEval: this is what must not work
    eval: await works(() => globalThis.eval('1 + 1')),
    Function: await works(() => new Function('return 1')()),
    inlineScript: 'inlineRan' in window,
    nodeImport: await works(() => import(/* @vite-ignore */ ['node', 'fs'].join(':'))),
    worker: await works(
      () =>
        new Promise((done, fail) => {
          const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'], { type: 'text/javascript' })));
          worker.onmessage = done;
          worker.onerror = fail;
        }),
    ),
    serviceWorker: await works(() => navigator.serviceWorker?.register('/index.html')),
    ...Object.fromEntries(await Promise.all(files.map(async (url) => [url, await read(url)] as const))),
    post: await works(() => fetch('/', { method: 'POST' }).then((r) => r.ok)),
    fetch: await read(web),
    noCors: await works(() => fetch(web, { mode: 'no-cors' })),
    xhr: await works(
      () =>
        new Promise((done, fail) => {
          const request = Object.assign(new XMLHttpRequest(), { onload: done, onerror: fail });
          request.open('GET', web);
          request.send();
        }),
    ),
    socket: await works(
      () =>
        new Promise((done, fail) => {
          Object.assign(new WebSocket(web.replace('http', 'ws')), { onopen: done, onerror: fail });
        }),
    ),
    events: await works(
      () =>
        new Promise((done, fail) => {
          Object.assign(new EventSource(web), { onopen: done, onerror: fail });
        }),
    ),
    image: await loads('img', { src: `${web}/image.png` }),
    script: await loads('script', { src: `${web}/script.js` }),
    dataScript: await loads('script', { src: 'data:text/javascript,1' }),
    ownFrame: await loads('iframe', { src: 'about:blank', srcdoc: '<script>parent.framed = 1</script>' }).then(
      () => 'framed' in window,
    ),
    object: await loads('object', { data: web }),
    prefetch: await loads('link', { rel: 'prefetch', href: `${web}/prefetch` }),
    styleElement: await works(() => {
      const style = document.createElement('style');
      style.textContent = 'body { --taken: style }';
      document.head.append(style);
      return getComputedStyle(document.body).getPropertyValue('--taken') !== '';
    }),
    styleAttribute: await works(() => {
      document.body.setAttribute('style', 'outline-offset: 7px');
      return getComputedStyle(document.body).outlineOffset === '7px';
    }),
    styleInMarkup: await works(() => {
      document.body.insertAdjacentHTML('beforeend', '<p id="styled" style="outline-offset: 7px">x</p>');
      const styled = document.getElementById('styled');
      return styled && getComputedStyle(styled).outlineOffset === '7px';
    }),
    handlerAttribute: await works(() => {
      document.body.insertAdjacentHTML('beforeend', '<p id="handled" onclick="window.handlerRan = true">x</p>');
      document.getElementById('handled')?.click();
      return 'handlerRan' in window;
    }),
    scriptLink: await works(async () => {
      const link = Object.assign(document.createElement('a'), { href: 'javascript:void (window.linkRan = true)' });
      document.body.append(link);
      link.click();
      // Such a link is followed in a turn of its own.
      await new Promise((later) => setTimeout(later, 100));
      return 'linkRan' in window;
    }),
    style: await loads('link', { rel: 'stylesheet', href: `${web}/style.css` }),
    window: await works(() => window.open(web)),
    rtc: await works(async () => {
      const peer = new RTCPeerConnection({ iceServers: [{ urls: stun }] });
      peer.createDataChannel('out');
      await peer.setLocalDescription(await peer.createOffer());
      return new Promise((found) => {
        peer.onicecandidate = ({ candidate }) => candidate?.type === 'srflx' && found(candidate.candidate);
      });
    }),
    geolocation: await works(() => new Promise((done, fail) => navigator.geolocation.getCurrentPosition(done, fail))),
    camera: await works(() => navigator.mediaDevices.getUserMedia({ video: true })),
    screen: await works(() => navigator.mediaDevices.getDisplayMedia()),
    notification: await works(() => Notification.requestPermission().then((answer) => answer === 'granted')),
    clipboardRead: await works(() => navigator.clipboard.readText()),
    usb: await works(() =>
      (navigator as unknown as { usb: { requestDevice(o: object): unknown } }).usb.requestDevice({ filters: [] }),
    ),
    fonts: await works(async () => {
      const list = await (window as unknown as { queryLocalFonts(): Promise<unknown[]> }).queryLocalFonts();
      return list.length > 0;
    }),
  };
}

test('leads a script that has the window to itself to no file, no host and no permission', async ({ refit }) => {
  await ready(refit);
  let reached = 0;
  const server = createServer((_request, response) => response.end('x'));
  server.on('connection', () => (reached += 1));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const udp = createSocket('udp4');
  udp.on('message', () => (reached += 1));
  await new Promise<void>((done) => udp.bind(0, '127.0.0.1', done));
  await refit.app.evaluate(({ session }) => {
    const seen = Object.assign(globalThis, { downloads: 0 });
    session.defaultSession.on('will-download', (event) => {
      if (!event.defaultPrevented) seen.downloads += 1;
    });
  });
  try {
    const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const got = await refit.window.evaluate(
      `(${takeOver.toString()})(${JSON.stringify(web)}, ${JSON.stringify(`stun:127.0.0.1:${udp.address().port}`)})`,
    );
    expect(Object.entries(got as Record<string, boolean>).filter(([, works]) => works)).toEqual([]);
    expect(Object.keys(got as object).length).toBeGreaterThan(30);
    await refit.window.waitForTimeout(500);
    expect(reached).toBe(0);
    expect(await refit.app.evaluate(() => (globalThis as unknown as { downloads: number }).downloads)).toBe(0);
    expect(refit.app.windows()).toHaveLength(1);
  } finally {
    server.close();
    udp.close();
  }
});

/** Nothing in what main says names a folder that the person did not choose. */
function expectNoPath(said: string, { userDataDir }: RunningApp): void {
  const installed = path.dirname(executables[process.platform] ?? '');
  for (const folder of [userDataDir, installed, os.homedir(), os.tmpdir()])
    for (const written of [folder, JSON.stringify(folder).slice(1, -1)])
      if (said.includes(written))
        throw new Error(`A path got out: …${said.slice(Math.max(0, said.indexOf(written) - 80)).slice(0, 300)}`);
}

test('answers thousands of made-up calls, keeps its paths to itself, and works on', async ({ refit }) => {
  test.slow();
  await ready(refit);
  const file = path.join(refit.userDataDir, 'saved.png');
  await refit.app.evaluate(({ dialog, clipboard, shell }, filePath) => {
    // A person who saves now and then.
    let asked = 0;
    dialog.showSaveDialog = async () =>
      asked++ % 10 === 0 ? { canceled: false, filePath } : { canceled: true, filePath: '' };
    dialog.showOpenDialog = async () => ({ canceled: true, filePaths: [] });
    clipboard.writeText = async () => {};
    shell.showItemInFolder = () => {};
  }, file);
  const memory = () => refit.app.evaluate(() => process.memoryUsage().rss);
  const before = await memory();
  const { calls, codes, said } = await refit.window.evaluate(async () => {
    let state = 7;
    const below = (end: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * end);
    };
    const words = [
      'fast-x4',
      'photo-x4',
      'read-text',
      'no-tool',
      '../..',
      '/etc/passwd',
      'a'.repeat(64),
      '',
      'png',
      'constructor',
    ];
    const leaves: (() => unknown)[] = [
      () => words[below(words.length)],
      () => below(5),
      () => -1,
      () => Number.NaN,
      () => 2 ** 53,
      () => null,
      () => undefined,
      () => true,
      () => new Uint8Array(12),
      () => new Uint8Array(below(100)),
      () => [],
      () => new Map(),
      () => new Date(),
      () => 10n,
    ];
    const keys = [
      'model',
      'width',
      'height',
      'rgb',
      'alpha',
      'id',
      'y',
      'layer',
      'region',
      'rectangle',
      'answer',
      'jobId',
      'done',
      'total',
      'pictures',
      'version',
      'versions',
      'text',
      'suggestedName',
      'format',
      'bytes',
      '__proto__',
      'x',
    ];
    const value = (depth: number): unknown => {
      const kind = depth > 3 ? 0 : below(4);
      if (kind === 1)
        return Object.fromEntries(Array.from({ length: below(7) }, () => [keys[below(keys.length)], value(depth + 1)]));
      if (kind === 2) return Array.from({ length: below(4) }, () => value(depth + 1));
      return leaves[below(leaves.length)]?.();
    };
    const picture = { width: 2, height: 2, rgb: new Uint8Array(12) };
    const region = { x: 0, y: 0, width: 2, height: 2 };
    const id = (): number => 1 + below(3);
    const mask = { kind: 'alpha', width: 2, height: 2, bytes: new Uint8Array(4) };
    const almost: Record<string, () => unknown> = {
      createPicture: () => ({
        ...{ name: '../../../etc/passwd', width: 2, height: 2, alpha: false, displayP3: false, notes: [] },
        metadata: {
          ...{ texts: [], bitDepth: 8, colour: 'rgb', frames: 1, isDisplayP3: false, isSrgb: true, dropped: [] },
          exif: new Uint8Array(below(100)),
        },
      }),
      sendRows: () => ({ id: id(), y: below(2), rgb: new Uint8Array(6 * id()), alpha: null }),
      showPicture: () => ({ id: id(), transparent: below(2) === 0 }),
      view: () => ({ layer: ['original', 'result', 'before'][below(3)], id: id(), region, width: id(), height: 2 }),
      cut: () => ({
        ...{ id: id(), width: 2, height: 2 },
        rectangle: { centre: { x: -below(9), y: 1 }, along: { x: 1, y: 0 }, length: 2, breadth: 1e5 },
      }),
      chooseDevice: () => ({ gpu: words[below(4)], upTo: 'gpu' }),
      chooseTool: () => words[below(4)],
      expectJob: () => ({ model: words[below(3)], picture: id() }),
      startJob: () => ({ model: words[below(3)], picture: id() }),
      runParts: () => ({ jobId: 1 + below(50), model: 'read-text-lines', done: 0, total: 1, pictures: [picture] }),
      finishJob: () => ({ jobId: 1 + below(50), answer: mask, note: null }),
      changeAnswer: () => ({
        ...{ jobId: 1 + below(50) },
        answer: {
          kind: 'cut',
          base: 'all',
          ground: { kind: 'blur' },
          strokes: [{ keep: true, radius: 1e5, points: [-1e6, below(9)] }],
        },
      }),
      showCompared: () => ({ jobId: 1 + below(50), answers: [mask, mask] }),
      save: () => ({
        ...{ suggestedName: '../../../etc/passwd', format: 'png', quality: 90, keepMetadata: true, keepPlace: true },
        ...{ width: 1 + below(20_000), height: 2 },
      }),
      saveText: () => ({ suggestedName: '../../../etc/passwd', format: 'txt', text: '123456789' }),
      sample: () => words[below(4)],
      listVersions: () => words[below(4)],
      chooseVersion: () => ({ model: words[below(3)], version: 'a'.repeat(64) }),
      compareVersions: () => ({
        ...{ model: words[below(3)], versions: ['a'.repeat(64), 'b'.repeat(64)] },
        ...{ picture: id(), note: { code: 'COMPARED' as const, left: null, right: null } },
      }),
      copyText: () => 'text',
    };
    const methods = Object.keys(window.refit).filter((name) => !name.startsWith('on'));
    let heard = '';
    window.refit.onEvent((told) => {
      heard = JSON.stringify(told);
      if (/\/(home|root|tmp)\//.test(heard)) codes.add(`a path: ${heard}`);
    });
    const codes = new Set<string>();
    let calls = 0;
    let said = '';
    for (let round = 0; round < 250; round++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const name = methods[below(methods.length)] ?? '';
          const args = below(3) === 0 ? almost[name]?.() : value(0);
          calls += 1;
          const call = Reflect.get(window.refit, name) as (args: unknown) => Promise<unknown>;
          // What cannot be cloned does not leave the window.
          return call(args).catch((error: unknown) => ({ thrown: String(error) }));
        }),
      );
      for (const answer of answers) {
        const { ok, error } = answer as { ok?: boolean; error?: { code: string } };
        codes.add(ok ? 'ok' : (error?.code ?? JSON.stringify(answer)));
        said += JSON.stringify(answer, (_, part) => (part instanceof Uint8Array ? part.byteLength : part));
      }
    }
    return { calls, codes: [...codes], said: said + heard };
  });
  expect(calls).toBe(5000);
  const foreseen = [
    'ok',
    'BAD_MESSAGE',
    'BUSY',
    'FORMAT_TOO_SMALL',
    'MODEL_MISSING',
    'GPU_NONE',
    'PICTURE_TOO_LARGE',
    'HOST_DIED',
    'RUN_FAILED',
  ];
  expect(codes.filter((code) => !foreseen.includes(code))).toEqual([]);
  expect(codes).toContain('ok');
  expect(said).toContain('"kind":"saved","name":"saved.png"');
  // A text or a picture, whichever was the last.
  expect((await readFile(file)).toString('latin1')).toMatch(/^(123456789$|\x89PNG)/);
  expectNoPath(said, refit);
  expect((await memory()) - before).toBeLessThan(300 * 2 ** 20);

  await refit.window.reload();
  await ready(refit);
  await refit.window.evaluate(() => window.refit.cancelJob());
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await run(refit);
});

test('says of a saved file its name and the name of its folder, not where that is', async ({ refit, userDataDir }) => {
  await ready(refit);
  const file = path.join(userDataDir, 'deep', 'inside', 'mine.png');
  await mkdir(path.dirname(file), { recursive: true });
  await answerSaveDialog(refit, file);
  const answer = await refit.window.evaluate(() =>
    window.refit.saveText({ suggestedName: 'a', format: 'txt', text: 'abc' }),
  );
  expect(await readFile(file, 'utf8')).toBe('abc');
  expect(answer).toEqual({ ok: true, value: { kind: 'saved', name: 'mine.png', folder: 'inside' } });
  expectNoPath(JSON.stringify(answer), refit);
});

test('names no folder in an error, wherever Refit keeps its own and the person theirs', async ({ userDataDir }) => {
  const [home, tmp] = ['home', 'tmp'].map((name) => path.join(userDataDir, name)) as [string, string];
  await Promise.all([mkdir(home), mkdir(tmp)]);
  const refit = await launch({ userDataDir, env: { HOME: home, TMPDIR: tmp } });
  await ready(refit);
  // A file is no folder, and the other place has no name that stands for it.
  const elsewhere = `${userDataDir}-elsewhere`;
  for (const folder of [path.join(userDataDir, 'cache.key'), path.join(elsewhere, 'none')]) {
    await answerSaveDialog(refit, path.join(folder, 'mine.png'));
    const answer = await refit.window.evaluate(() =>
      window.refit.saveText({ suggestedName: 'a', format: 'txt', text: 'a' }),
    );
    expect(answer).toMatchObject({ ok: false, error: { code: 'SAVE_FAILED' } });
    expect(JSON.stringify(answer)).toContain('mine.png');
    expectNoPath(JSON.stringify(answer), refit);
  }
  await refit.app.evaluate(
    ({ dialog }, folder) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [folder] });
    },
    path.join(elsewhere, 'a.refitpack'),
  );
  const refused = await refit.window.evaluate(() => window.refit.installWeights());
  expect(refused).toMatchObject({ ok: false, error: { code: 'PACK_REFUSED' } });
  expectNoPath(JSON.stringify(refused), refit);
  await refit.close();
});

test('finishes a picture however much a window wants to see of it meanwhile', async ({ refit }) => {
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await refit.window.evaluate(() => {
    const spam = async (): Promise<void> => {
      const region = { x: 0, y: 0, width: 144, height: 96 };
      const view = { layer: 'original' as const, id: 1, region, width: 144, height: 96 };
      for (let i = 0; i < 400; i++) await Promise.all(Array.from({ length: 50 }, () => window.refit.view(view)));
    };
    void spam();
  });
  await run(refit);
});

test('comes back after its process has ended', async ({ refit }) => {
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
  await expect.poll(tells, { timeout: 20_000 }).toBe(true);
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
