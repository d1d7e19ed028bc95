/**
 * Neither host nor device memory grows over many runs and refits. Measured in a process of its own, after a first round: the library
 * keeps some memory for good.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { devAddonFile, devLibraryDir } from '../../native/addon';
import { tinyOnnx } from '../tinyOnnx';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'refit-leak-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const height = 256;
const width = 256;
const bytes = height * width * 3;
const mega = 2 ** 20;

/** Memory in use after each of several rounds of the same work; bytes. */
interface Held {
  host: number[];
  device: number[];
}

/** Runs JavaScript with `addon`, `file(name)`, and `rounds(count, work)`, which does `work` and writes down what is held. */
function inChild(body: string): Held {
  const script = `
    const { readFileSync, writeFileSync } = require('node:fs');
    process.chdir(${JSON.stringify(folder)});
    const addon = require(${JSON.stringify(join(root, devAddonFile))});
    addon.probe(${JSON.stringify(join(root, devLibraryDir))});
    const file = (name) => new Uint8Array(readFileSync(name));
    const options = { strip: true, refit: 'any', computeCapabilities: [], shape: [${height}, ${width}] };
    async function rounds(count, work) {
      const held = { host: [], device: [] };
      for (let i = 0; i < count; i++) {
        await work(i);
        // Collects twice: memory that a collected object held is freed a turn later.
        for (let j = 0; j < 2; j++) {
          global.gc();
          await new Promise(setImmediate);
        }
        const { freeBytes, totalBytes } = addon.vram();
        held.device.push(totalBytes - freeBytes);
        held.host.push(process.memoryUsage().rss);
      }
      return held;
    }
    (async () => { ${body} })().then(
      (answer) => console.log(JSON.stringify(answer ?? null)),
      (error) => { console.error(error.code, error.message, error.detail); process.exitCode = 1; });`;
  const said = execFileSync(process.execPath, ['--expose-gc', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 64 * mega,
  });
  return JSON.parse(said) as Held;
}

/** Bytes by which memory grew, with noise evened out: the slope of a straight line through the later half, times its length. */
function growth(held: number[]): number {
  const laterHalf = held.slice(Math.floor(held.length / 2));
  const middle = (laterHalf.length - 1) / 2;
  const mean = laterHalf.reduce((sum, each) => sum + each, 0) / laterHalf.length;
  const numerator = laterHalf.reduce((sum, each, i) => sum + (i - middle) * (each - mean), 0);
  const denominator = laterHalf.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return (numerator / denominator) * laterHalf.length;
}

function expectFlat(what: string, { host, device }: Held, hostBytes: number): void {
  const [hostGrowth, deviceGrowth] = [growth(host), growth(device)];
  const text = (value: number): string => `${(value / mega).toFixed(2)} MB`;
  console.log(
    `${what}: host ${text(host.at(-1) ?? 0)}, ${text(hostGrowth)} added in the later half; ` +
      `device ${text(device.at(-1) ?? 0)}, ${text(deviceGrowth)} added`,
  );
  expect(hostGrowth).toBeLessThan(hostBytes);
  // The driver hands out pages of 2 MB: even a leak of much less a round shows over all of them.
  expect(deviceGrowth).toBeLessThan(4 * mega);
}

beforeAll(() => {
  writeFileSync(join(folder, 'onnx'), tinyOnnx({ factor: 0.5, offset: 10, channels: 512 }));
  writeFileSync(join(folder, 'other'), tinyOnnx({ factor: 0.25, offset: 20, channels: 512 }));
  inChild(`
    const engine = await addon.buildEngine(file('onnx'), options);
    writeFileSync('engine', engine);`);
  inChild(`
    const { plan } = await addon.refit(file('engine'), file('onnx'), { keepRefittable: true });
    writeFileSync('plan', plan);`);
}, 300_000);

test.each([false, true])('1,000 runs of a session leave host and device memory flat (CUDA graph: %s)', (cudaGraph) => {
  const held = inChild(`
    const session = await addon.openSession(file('plan'), { cudaGraph: ${cudaGraph} });
    const [input, output] = [new Uint8Array(${bytes}), new Uint8Array(${bytes})];
    const held = await rounds(50, async () => {
      for (let i = 0; i < 20; i++) await session.run([input], [output]);
    });
    await session.close();
    return held;`);
  expect(held.host).toHaveLength(50);
  expectFlat(`1,000 runs, CUDA graph ${cudaGraph}`, held, 8 * mega);
});

test('50 refits leave host and device memory flat', () => {
  const held = inChild(`
    const [engine, onnx, other] = ['engine', 'onnx', 'other'].map(file);
    return rounds(50, async (i) => {
      await addon.refit(engine, i % 2 ? onnx : other, { keepRefittable: true }, () => {});
    });`);
  expectFlat('50 refits', held, 12 * mega);
});

test('50 sessions opened, run and closed leave host and device memory flat', () => {
  const held = inChild(`
    const plan = file('plan');
    const [input, output] = [new Uint8Array(${bytes}), new Uint8Array(${bytes})];
    let runtimeCache;
    return rounds(50, async () => {
      const session = await addon.openSession(plan, runtimeCache ? { runtimeCache } : {});
      await session.run([input], [output]);
      runtimeCache ??= session.runtimeCache();
      await session.close();
    });`);
  expectFlat('50 sessions', held, 12 * mega);
});

test('50 refits that fail leave host and device memory flat', () => {
  const held = inChild(`
    const [engine, onnx] = ['engine', 'onnx'].map(file);
    const bad = onnx.subarray(0, onnx.length / 2);
    return rounds(50, async () => {
      await addon.refit(engine, bad).then(
        () => { throw new Error('Half an ONNX file was taken'); },
        (error) => { if (!error.code) throw error; });
    });`);
  expectFlat('50 refits that fail', held, 12 * mega);
});
