import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ProofReport, proofsOf } from './proof';

const result = (change: object = {}) => ({
  runtime: 'tensorrt 10.6.0',
  provider: 'TensorrtExecutionProvider',
  onnxruntime: '1.20.2',
  way: 'embedded',
  by: 'refit' as const,
  between: 'nothing',
  source: 'TensorrtExecutionProvider',
  options: { a: '1' },
  loads: [{ right: true }, { right: true }],
  ...change,
});
const proofs = (...results: ReturnType<typeof result>[]) => {
  const report: ProofReport = { date: '2026-01-01', gpu: 'a GPU', driver: '580', results };
  return proofsOf(report, 'tensorrt 10.6.0').map(({ way, onnxruntime }) => `${way} ${onnxruntime}`);
};

test('a way that loaded right twice is proven, the safest way first', () => {
  expect(proofs(result({ way: 'beside' }), result({ onnxruntime: '1.21.1' }))).toEqual([
    'embedded 1.21.1',
    'beside 1.20.2',
  ]);
});

test('a model of `refit export` proves as much as one of run.py by the same writer', () => {
  expect(proofs(result({ by: 'export' }), result({ onnxruntime: '1.23.2' }))).toEqual([
    'embedded 1.20.2',
    'embedded 1.23.2',
  ]);
});

test.each([
  ['the second load was wrong', { loads: [{ right: true }, { right: false }] }],
  ['it was loaded once', { loads: [{ right: true }] }],
  ['somebody had to do something between the loads', { between: 'the refitted engine deleted before each load' }],
  ['the provider had written the model', { by: 'provider' }],
  ['the runtime was another', { runtime: 'tensorrt-rtx 1.6.1' }],
  ['no process told its version', { onnxruntime: null }],
])('nothing is proven where %s', (_, change) => {
  expect(proofs(result(change))).toEqual([]);
});

test('the committed report proves the engine in the node for TensorRT 10.6, and nothing for the engines that ship', async () => {
  const file = path.join(import.meta.dirname, '..', '..', 'docs', 'epcontext-report.json');
  const report = ProofReport.parse(JSON.parse(await readFile(file, 'utf8')));
  const [first] = proofsOf(report, 'tensorrt 10.6.0');
  expect([first?.way, first?.options]).toMatchObject(['embedded', { trt_weight_stripped_engine_enable: 'True' }]);
  expect(proofsOf(report, 'tensorrt-rtx 1.6.1')).toEqual([]);
});
