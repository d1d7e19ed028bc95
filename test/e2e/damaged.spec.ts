/** A packaged app in which a part is not what was shipped: the window says so, and everything else works. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, type RunningApp } from './app';
import { type Copy, test } from './damaged';
import { pictures, prepared, root } from './pictures';
import { chooseTool, expectError, openPicture, ready, run, work } from './steps';

test('goes on without engines where the catalog is not the one that was signed', async ({ copy }) => {
  await copy.replace('engines/catalog.json', '{ "version": 1, "engines": [] }');
  const refit = await copy.launch();
  await ready(refit);
  await expectError(refit, 'CATALOG_ALTERED');
  await refit.screenshots('catalog-altered');
  await work(refit);
});

test('goes on without engines where the catalog does not parse', async ({ copy }) => {
  await copy.replace('engines/catalog.json', '{');
  const refit = await copy.launch();
  await ready(refit);
  // The signature is checked before the catalog is parsed.
  await expectError(refit, 'CATALOG_ALTERED');
  await work(refit);
});

test('goes on without engines where the catalog has lost its signature', async ({ copy }) => {
  await copy.remove('engines/catalog.json.sig');
  const refit = await copy.launch();
  await ready(refit);
  await expectError(refit, 'CATALOG_UNSIGNED');
});

test('leaves out a tool whose card does not parse, and only that', async ({ copy }) => {
  await copy.replace('models/photo-x4/model.json', '{ "id": "photo-x4" }');
  const refit = await copy.launch();
  await ready(refit);
  await expectError(refit, 'CARD_UNREADABLE');
  const tool = (name: string) => refit.window.locator('[data-testid="name-of-tool"]', { hasText: name });
  for (const name of ['Fast ×4', 'Cut out', 'Blur faces']) await expect(tool(name)).toHaveCount(1);
  await expect(tool('Photo ×4')).toHaveCount(0);
  await refit.screenshots('card-unreadable');
  await openPicture(refit, await pictures['fast-x4']());
  await run(refit);
});

test('never opens a model whose hash is wrong', async ({ copy }) => {
  const onnx = await readFile(prepared('fast-x4', 'model.onnx'));
  onnx.writeUInt8((onnx.readUInt8(1000) + 1) % 256, 1000);
  await copy.replace('models/fast-x4/prepared/model.onnx', onnx);
  const refit = await copy.launch();
  await ready(refit);
  await expectAltered(refit);
  await refit.screenshots('install-altered');
  await work(refit);
});

test('says so where a model is missing', async ({ copy }) => {
  await copy.remove('models/fast-x4/prepared/model.onnx');
  const refit = await copy.launch();
  await ready(refit);
  await expectAltered(refit);
});

test('works on the processor where the addon is missing', async ({ copy }) => {
  await copy.remove('native/refit-tensorrt-rtx-1.6.1.node');
  const refit = await copy.launch();
  await ready(refit);
  await refit.window.getByTestId('why').click();
  await expect(refit.window.getByTestId('why-card')).toContainText(
    'A part of Refit (native/refit-tensorrt-rtx-1.6.1.node) is missing.',
  );
  await refit.window.keyboard.press('Escape');
  await work(refit);
});

/** Expects a job to be refused because a part of its tool was altered. */
async function expectAltered(refit: RunningApp): Promise<void> {
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await refit.window.getByTestId('start').click();
  await expectError(refit, 'INSTALL_ALTERED');
}

/** Puts a copy of a file with one bit flipped in its place. */
async function flipped(copy: Copy, file: string): Promise<void> {
  const bytes = await readFile(path.join(copy.resources, file));
  const at = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await copy.replace(file, bytes);
}

/** Libraries that any process of the app has mapped. */
async function mapped({ app }: RunningApp): Promise<string> {
  const pids = await app.evaluate(({ app: electron }) => electron.getAppMetrics().map(({ pid }) => pid));
  const maps = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/maps`, 'utf8').catch(() => '')));
  return maps.join('');
}

/** The environment of a machine that has a driver and a card: a made-up driver, which computes nothing. */
async function withDriver(folder: string): Promise<Record<string, string>> {
  const library = path.join(folder, 'libcuda.so.1');
  const source = path.join(root, 'test', 'addon', 'driver.fixture.c');
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, source]);
  return { LD_LIBRARY_PATH: folder, DRIVER_CARDS: '1', DRIVER_CUDA: '13000' };
}

const addon = 'native/refit-tensorrt-rtx-1.6.1.node';
const engineLibrary = 'native/lib/1.6.1/libtensorrt_rtx.so.1';

for (const [file, hasDriver] of [
  [addon, false],
  [engineLibrary, true],
] as const)
  test(`works on the processor and never loads ${file} where one bit of it has flipped`, async ({
    copy,
    userDataDir,
  }) => {
    test.skip(process.platform !== 'linux', 'Names and maps are those of Linux.');
    await flipped(copy, file);
    const refit = await copy.launch(hasDriver ? await withDriver(userDataDir) : {});
    await ready(refit);
    await refit.window.getByTestId('why').click();
    await expect(refit.window.getByTestId('why-card')).toContainText(
      `A part of Refit (${file}) is not what was shipped`,
    );
    await refit.window.keyboard.press('Escape');
    await work(refit);
    expect(await mapped(refit)).toContain('libonnxruntime.so');
    expect(await mapped(refit)).not.toContain(path.basename(file));
  });

test('reads no engine library where there is no driver', async ({ copy }) => {
  test.skip(process.platform !== 'linux', 'Names are those of Linux.');
  test.skip(existsSync('/dev/nvidiactl'), 'This machine has a driver.');
  await copy.remove('native/lib');
  const refit = await copy.launch();
  await ready(refit);
  await refit.window.getByTestId('why').click();
  await expect(refit.window.getByTestId('why-card')).toContainText('NVIDIA');
  await expect(refit.window.getByTestId('why-card')).not.toContainText('A part of Refit');
});

test('never loads an ONNX Runtime in which one bit has flipped', async ({ copy }) => {
  test.skip(process.platform !== 'linux', 'Names and maps are those of Linux.');
  const folder = `app.asar.unpacked/node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}`;
  const library = (await readdir(path.join(copy.resources, folder))).find((name) => name.startsWith('libonnxruntime'));
  await flipped(copy, `${folder}/${library}`);
  const refit = await copy.launch();
  await ready(refit);
  await expectAltered(refit);
  expect(await mapped(refit)).not.toContain('onnxruntime');
});

for (const [what, content] of [
  ['is not the one that was signed', (text: string) => text.replace('"version": 2', '"version":2')],
  ['is missing', null],
] as const)
  test(`says so, and loads nothing, where the manifest ${what}`, async ({ copy }) => {
    if (content)
      await copy.replace('manifest.json', content(await readFile(path.join(copy.resources, 'manifest.json'), 'utf8')));
    else await copy.remove('manifest.json');
    const refit = await copy.launch();
    await ready(refit);
    await refit.window.getByTestId('why').click();
    await expect(refit.window.getByTestId('why-card')).toContainText('(manifest.json) is not what was shipped');
    await refit.window.keyboard.press('Escape');
    await expectAltered(refit);
  });

test('says so where the addon is no library', async ({ copy }) => {
  await copy.replace('native/refit-tensorrt-rtx-1.6.1.node', 'not a library');
  const refit = await copy.launch();
  await ready(refit);
  await refit.window.getByTestId('why').click();
  await expect(refit.window.getByTestId('why-card')).toContainText('is not what was shipped');
});

test('works on the processor where the engine libraries are missing', async ({ copy, userDataDir }) => {
  test.skip(process.platform !== 'linux', 'The driver is one of Linux.');
  await copy.remove('native/lib');
  const refit = await copy.launch(await withDriver(userDataDir));
  await ready(refit);
  await refit.window.getByTestId('why').click();
  await expect(refit.window.getByTestId('why-card')).toContainText('is missing');
  await refit.window.keyboard.press('Escape');
  await work(refit);
});
