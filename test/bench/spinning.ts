/**
 * What a run on the processor takes by how long its threads spin: `tsx test/bench/spinning.ts [network side runs]`. ONNX Runtime alone,
 * without the app: milliseconds of a person's time and of the processor's, by microseconds.
 */
import os from 'node:os';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const spins = {
  '0': { allow_spinning: '0' },
  '50': { spin_duration_us: '50' },
  '200': { spin_duration_us: '200' },
  '1000': { spin_duration_us: '1000' },
  endless: {},
};
const [, , network = 'fast-x4', side = '256', runs = '20'] = process.argv;
const models = path.resolve(import.meta.dirname, '..', '..', 'models');
const size = Number(side);
const pixels = new Tensor('uint8', new Uint8Array(size * size * 3).fill(77), [1, size, size, 3]);

console.log(
  `${network}, ${side} × ${side}, ${os.availableParallelism()} cores\n| µs | ms | processor ms |\n|---|---:|---:|`,
);
for (const [name, options] of Object.entries(spins)) {
  const session = await InferenceSession.create(path.join(models, network, 'prepared', 'model.onnx'), {
    executionProviders: ['cpu'],
    extra: { session: { intra_op: options } },
  });
  const feeds = { [session.inputNames[0] ?? '']: pixels };
  // The first one allocates memory.
  await session.run(feeds);
  const [startedAt, before] = [performance.now(), process.cpuUsage()];
  for (let run = 0; run < Number(runs); run++) await session.run(feeds);
  const { user, system } = process.cpuUsage(before);
  const each = (ms: number): string => (ms / Number(runs)).toFixed(0);
  console.log(`| ${name} | ${each(performance.now() - startedAt)} | ${each((user + system) / 1000)} |`);
  await session.release();
}
