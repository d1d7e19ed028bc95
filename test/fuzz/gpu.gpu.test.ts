/** Mutated plans, engines and kernels reach NVIDIA's library on a GPU: they may cost the process that opens them, nothing else. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildEntry } from '../../main/build.fixture';
import { expectedPixels, type TinyNetwork, tinyOnnx } from '../tinyOnnx';
import { openAddon } from './addon';
import { gpuTargets, seedNames, seedsDir } from './gpu';
import { run, type Tally } from './run';

const network: TinyNetwork = { factor: 0.5, offset: 10 };
const side = 32;
const picture = Uint8Array.from({ length: side * side * 3 }, (_, i) => ((i * 7) % 64) * 4);
const addon = openAddon();
const tallies: Tally[] = [];
let plan: Uint8Array;
let worker: string;

async function goodRun(): Promise<{ output: Uint8Array; kernels: Uint8Array }> {
  const session = await addon.openSession(plan);
  try {
    const output = new Uint8Array(picture.length);
    await session.run([picture], [output]);
    return { output, kernels: session.runtimeCache() };
  } finally {
    await session.close();
  }
}

beforeAll(async () => {
  worker = await buildEntry('test/fuzz/worker', `fuzz-gpu-${process.pid}`);
  const onnx = tinyOnnx(network);
  const stripped = await addon.buildEngine(onnx, {
    strip: true,
    refit: 'identical',
    computeCapabilities: [],
    shape: [side, side],
  });
  plan = (await addon.refit(stripped, onnx)).plan;
  const seeds = { onnx, stripped, plan, kernels: (await goodRun()).kernels };
  await mkdir(seedsDir, { recursive: true });
  for (const name of seedNames) await writeFile(path.join(seedsDir, name), seeds[name]);
});
afterAll(async () => {
  for (const { name, inputs, refused, taken, hostDeaths, elapsedMs } of tallies)
    console.log(
      `${name}: ${inputs} inputs, ${refused} refused, ${taken} ran, ${hostDeaths} deaths of their process, ` +
        `${(elapsedMs / 1000).toFixed(1)} s`,
    );
  await rm(seedsDir, { recursive: true, force: true });
  await rm(path.dirname(worker), { recursive: true, force: true });
});

test.each(gpuTargets)('mutated $name, end in words, in a run or with their own process', async (target) => {
  const tally = await run(worker, target, 'on a GPU', target.inputs);
  tallies.push(tally);
  expect(tally.survivors).toEqual([]);
  expect(tally.refused + tally.taken + tally.hostDeaths).toBe(tally.inputs);
  expect(tally.inputs).toBeGreaterThan(20);
  // This process and the GPU are as they were.
  expect((await goodRun()).output).toEqual(expectedPixels(picture, network));
});
