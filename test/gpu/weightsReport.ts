/** Writes docs/weights-report.{json,md}, the cost of a weight update beside a build, from one run. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Rig } from '../../factory/engines/measure';
import type { UpdateFigures } from '../../host/protocol';

const docs = path.resolve(import.meta.dirname, '..', '..', 'docs');

export interface WeightsResult {
  model: string;
  profile: string;
  tensors: number;
  changedBytes: number;
  packBytes: number;
  fullBuildMs: number;
  refittableBuildMs: number;
  /** The pack verified, the ONNX patched, the plan refitted, checked and kept. */
  installMs: number;
  update: UpdateFigures | null;
  equalsFreshRefittableBuild: boolean;
  equalsFreshPlainBuild: boolean;
}

export async function writeWeightsReport({ gpu, driver, runtime }: Rig, result: WeightsResult): Promise<void> {
  const date = new Date().toISOString();
  const report = { date, gpu: gpu.name, driver: driver.version, runtime, results: [result] };
  await mkdir(docs, { recursive: true });
  await writeFile(path.join(docs, 'weights-report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const ms = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(0)} ms`);
  const sameOrNot = (isSame: boolean): string => (isSame ? 'yes, bit for bit' : '**no**');
  const { update } = result;
  const rows = [
    ['full build', ms(result.fullBuildMs)],
    ['full build that takes other weights (kREFIT)', ms(result.refittableBuildMs)],
    ['update, pack to kept plan', ms(result.installMs)],
    ['of that, from the cached plan on', ms(update?.elapsedMs)],
    ['of that, putting the weights in', ms(update?.refitMs)],
    ['of that, serializing', ms(update?.serializeMs)],
    ['tensors changed, their bytes', `${result.tensors}, ${result.changedBytes}`],
    ['bytes of the pack', `${result.packBytes} (${(result.packBytes / result.changedBytes).toFixed(3)} ×)`],
    ['same as a fresh kREFIT build', sameOrNot(result.equalsFreshRefittableBuild)],
    ['same as a fresh plain build', sameOrNot(result.equalsFreshPlainBuild)],
  ];
  const lines = [
    '# Weights report',
    '',
    'This page shows what a weight pack costs beside a fresh build of the same weights.',
    '',
    `${gpu.name}, driver ${driver.version}, ${runtime}. ${date.slice(0, 10)}. A weight pack for ${result.model} ${result.profile},`,
    'written by `test/gpu/weights.gpu.test.ts` (`npm run test:gpu`); all figures are of that one run.',
    '',
    '| | |',
    '|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ];
  await writeFile(path.join(docs, 'weights-report.md'), lines.join('\n'));
}
