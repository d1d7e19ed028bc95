/** Made-up calls by the thousand cost main nothing, and no answer names a folder of this machine. */
import { mkdir, readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { executables, expect, launch, type RunningApp, test } from './app';
import { pictures } from './pictures';
import { answerSaveDialog, chooseTool, openPicture, ready, run } from './steps';

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
  const [home, temporary] = ['home', 'tmp'].map((name) => path.join(userDataDir, name)) as [string, string];
  await Promise.all([mkdir(home), mkdir(temporary)]);
  const refit = await launch({ userDataDir, env: { HOME: home, TMPDIR: temporary } });
  await ready(refit);
  // The first place is a file; the second lies in no folder that the window knows by another name.
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
