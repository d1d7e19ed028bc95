/** What a window that was taken over may ask main for: nothing that the contract does not know. */
import { type Arguments, type Channel, commands, type RefitApi } from '../../app/contract';
import type { QueueSettings } from '../../app/queue';
import { expect, test } from './app';
import { prepared, readPicture } from './pictures';
import { test as sharedTest } from './pretend';
import { chooseTool, openPicture, ready, runUntilFirstTile } from './steps';

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
  // The preload adds the paths of what was dropped; the window says only before which item they go.
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

  // Whatever is asked in a `sharedTest` leaves the app as it was, so they share one.
  sharedTest('a message from any window but its own, were there one', async ({ refit }) => {
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

  sharedTest('a tool that is not there', async ({ refit }) => {
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

  sharedTest('another window', async ({ refit }) => {
    await ready(refit);
    expect(await refit.window.evaluate(() => window.open('app://refit/') === null)).toBe(true);
    expect(refit.app.windows()).toHaveLength(1);
  });

  sharedTest('files outside its folder, and the network', async ({ refit }) => {
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
