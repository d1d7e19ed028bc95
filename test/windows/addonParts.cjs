// Runs in Node for Windows, and in Electron's main process: loads the addon, asks it what the tests ask it on Linux, and writes a line
// of JSON for each answer. node addonParts.cjs <folder of tools/windows/addon.ts> <tiny ONNX file> <answers file>
const { appendFileSync, readFileSync } = require('node:fs');
const path = require('node:path');

const [folder, onnxFile, answers] = process.argv.slice(-3);
const tell = (what, value) => appendFileSync(answers, `${JSON.stringify({ what, value })}\n`);
const failure = async (work) => {
  try {
    await work();
    return 'no failure';
  } catch (error) {
    return error.code ?? String(error);
  }
};

async function main() {
  tell('process', { exe: path.basename(process.execPath), type: process.type ?? 'node', node: process.version });
  const addon = require(path.join(folder, 'refit-tensorrt-rtx-1.6.1.node'));
  tell('loaded', addon.runtime);
  const machine = addon.probe(path.join(folder, 'lib'));
  tell('probe', machine);
  const onnx = readFileSync(onnxFile);
  for (const capability of [86, 89]) {
    const options = { strip: false, refit: 'none', computeCapabilities: [capability], shape: [64, 48] };
    const fractions = [];
    const plan = await addon.buildEngine(onnx, options, (fraction) => fractions.push(fraction));
    tell(`build ${capability}`, { bytes: plan.byteLength, progress: fractions.at(-1) });
    if (capability === 86) tell('validity', addon.engineValidity(plan));
  }
  const fullPlanOptions = { strip: false, refit: 'none', computeCapabilities: [86], shape: [64, 48] };
  const garbage = Uint8Array.from({ length: 4096 }, (_, i) => (i * 131 + 7) % 256);
  tell('garbage', await failure(() => addon.buildEngine(garbage, fullPlanOptions)));
  tell('truncated', await failure(() => addon.buildEngine(onnx.subarray(0, onnx.byteLength >> 1), fullPlanOptions)));
  tell('empty', await failure(() => addon.buildEngine(new Uint8Array(0), fullPlanOptions)));
  tell('garbage engine', addon.engineValidity(garbage));
  const pixels = require(path.join(folder, 'pixels.node'));
  tell('pixels', Object.keys(pixels).length > 0);
  tell('end', true);
}

const finished = main().catch((error) => tell('error', String(error.stack ?? error)));
if (process.versions.electron) finished.then(() => require('electron').app.exit(0));
