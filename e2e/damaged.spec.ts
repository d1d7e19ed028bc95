/** A packaged app in which something is not what was shipped: said, and everything else works. */
import { readFile } from 'node:fs/promises';
import { expect } from './app';
import { test } from './damaged';
import { pictures, prepared } from './pictures';
import { chooseTool, expectError, openPicture, ready, run } from './steps';

test('goes on without engines where the catalog is not the one that was signed', async ({ copy }) => {
  await copy.replace('engines/catalog.json', '{ "version": 1, "engines": [] }');
  const refit = await copy.launch();
  await ready(refit);
  await expectError(refit, 'CATALOG_ALTERED');
  await refit.screenshots('catalog-altered');
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await run(refit);
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
  const tool = (name: string) => refit.window.locator('.tool-name', { hasText: name });
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
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await refit.window.getByTestId('start').click();
  await expectError(refit, 'ONNX_HASH_MISMATCH');
  await refit.screenshots('onnx-hash');
  await chooseTool(refit, 'cut-out');
  await run(refit);
});

test('says so where a model is missing', async ({ copy }) => {
  await copy.remove('models/fast-x4/prepared/model.onnx');
  const refit = await copy.launch();
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await refit.window.getByTestId('start').click();
  await expectError(refit, 'FILE_MISSING');
});

test('works on the processor where the addon is missing', async ({ copy }) => {
  await copy.remove('native/refit-tensorrt-rtx.node');
  const refit = await copy.launch();
  await ready(refit);
  await refit.window.getByTestId('why').click();
  await expect(refit.window.getByTestId('why-card')).toContainText(
    'The part of Refit that talks to the GPU could not start.',
  );
  await refit.window.keyboard.press('Escape');
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await run(refit);
});

test('works on the processor where the addon is not one', async ({ copy }) => {
  await copy.replace('native/refit-tensorrt-rtx.node', 'not a library');
  const refit = await copy.launch();
  await ready(refit);
  await refit.window.getByTestId('why').click();
  await expect(refit.window.getByTestId('why-card')).toContainText('could not start');
});

test('works on the processor where the engine libraries are missing', async ({ copy }) => {
  await copy.remove('native/lib');
  const refit = await copy.launch();
  await ready(refit);
  await refit.window.getByTestId('why').click();
  await expect(refit.window.getByTestId('why-card')).toContainText(/missing|No NVIDIA driver/);
  await refit.window.keyboard.press('Escape');
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await run(refit);
});
