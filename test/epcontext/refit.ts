/** Makes a plan of a stripped engine with Refit's own addon: `refit.ts <runtime> <engine> <onnx> <plan>`. */
import path from 'node:path';
import { devRuntimes } from '../../factory/tensorrt10/runtimes';
import { loadAddon } from '../../native/addon';
import { readOnnxFile } from '../../native/onnx';

const root = path.resolve(import.meta.dirname, '..', '..');
const [runtime = '', engine = '', onnx = '', plan = ''] = process.argv.slice(2);
if (runtime !== 'tensorrt-10' && runtime !== 'tensorrt-rtx') throw new Error(`No such runtime: ${runtime}`);
const { addonFile, libraryDir } = devRuntimes[runtime];
const addon = loadAddon(path.join(root, addonFile));
addon.probe(path.join(root, libraryDir));
const { planBytes, refitMs, serializeMs } = await addon.refit(engine, await readOnnxFile(onnx), {
  planFile: plan,
});
console.log(JSON.stringify({ planBytes, refitMs, serializeMs }));
