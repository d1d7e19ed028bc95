/**
 * WebGPU beside TensorRT's engines and the processor: each model that ships gives its golden picture, and how long a picture takes
 * (docs/webgpu-report.*; no clock is asserted). Needs Vulkan (on Linux libvulkan1 and the card's driver) or Direct3D 12.
 */
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ModelCard } from '../../app/catalog';
import { openRig } from '../../factory/engines/rig';
import { Maps } from '../../host/pixels/layers';
import { withWebgpuBounds } from '../../host/sessions/onnx';
import { Workbench } from '../../host/workbench';
import { devPixelsFile, loadPixels } from '../../native/pixels';
import { readEngine, readOnnx } from '../../storage/verify';

const { rig, subjects, cards } = await openRig();
const maps = new Maps(loadPixels(path.resolve(devPixelsFile)));
const bench = new Workbench(() => maps);

interface Row {
  model: string;
  precision: string;
  /** Largest difference from the processor's golden picture, and the largest that is allowed. */
  maxAbsError: number;
  allowed: number[];
  /** Time to open it: compiling shaders and the golden picture. */
  openMs: number;
  /** A run of the profile's size there and back. */
  webgpuMs: number;
  tensorrtMs: number;
  /** How many times as fast as the processor it is, in useful pixels. */
  times: number;
}
const rows: Row[] = [];

async function tensorrtMs(card: ModelCard): Promise<number> {
  const subject = subjects.find((each) => each.card.id === card.id && each.profile.id === card.profiles[0]?.id);
  if (!subject) throw new Error(`no engine of ${card.id}`);
  const engine = await readEngine(rig.paths.engine(subject.entry), subject.entry);
  const onnx = await readOnnx(rig.paths.prepared(card.id, 'model.onnx'), card);
  const { plan } = await rig.binding.refit(engine, onnx, { device: rig.gpu.index });
  const session = await rig.binding.openSession(plan, { cudaGraph: card.cudaGraph, device: rig.gpu.index });
  await session.measure(5);
  const { latencyMs } = await session.measure(30);
  await session.close();
  return latencyMs;
}

test.each(cards.map((card) => [card.id, card] as const))('%s gives its golden picture', async (model, card) => {
  const version = {
    card,
    onnxFile: rig.paths.prepared(model, 'model.onnx'),
    preparedDir: rig.paths.prepared(model, '.'),
  };
  const startedAt = performance.now();
  const { maxAbsError } = await bench.openWebgpu(version);
  const openMs = performance.now() - startedAt;
  const here = await bench.timeOnnx({ device: 'webgpu', model });
  await bench.openCpu(version);
  const processor = await bench.timeOnnx({ device: 'cpu', model });
  await bench.release(model);
  rows.push({
    model,
    precision: card.onnx.precision,
    maxAbsError: maxAbsError ?? Number.NaN,
    allowed: withWebgpuBounds(card).outputs.map((output) => output.maxAbsError),
    openMs,
    webgpuMs: here.latencyMs,
    tensorrtMs: await tensorrtMs(card),
    times: here.usefulPerSecond / processor.usefulPerSecond,
  });
  expect(maxAbsError).not.toBeNull();
});

afterAll(async () => {
  const cpu = `${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} threads`;
  const report = { date: new Date().toISOString(), gpu: rig.gpu.name, driver: rig.driver.version, cpu, rows };
  const file = path.resolve(import.meta.dirname, '..', '..', 'docs', 'webgpu-report');
  const ms = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));
  const lines = [
    '# WebGPU report',
    '',
    'What the rung between TensorRT and the processor gives: the same ONNX by ONNX Runtime’s WebGPU provider. Written by',
    `\`npm run test:gpu\`, without the window. ${report.gpu}, driver ${report.driver}, ${cpu}, ${report.date.slice(0, 10)}.`,
    '',
    '| model | precision | off the golden picture by (allowed) | open ms | run ms | TensorRT ms | × the processor |',
    '|---|---|---|---:|---:|---:|---:|',
    ...rows.map((row) => {
      const allowed = row.allowed.join(', ');
      const distance = `${row.maxAbsError.toPrecision(2)} (${allowed})`;
      const cells = [
        row.model,
        row.precision,
        distance,
        ms(row.openMs),
        ms(row.webgpuMs),
        ms(row.tensorrtMs),
        ms(row.times),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
  ];
  await writeFile(`${file}.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(`${file}.md`, lines.join('\n'));
});
