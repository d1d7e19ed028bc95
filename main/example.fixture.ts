/** Small stand-ins that main's unit tests share: a card, an engine entry, their files in a temporary folder. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { EngineEntry, ModelCard } from '../app/catalog';
import type { Machine } from '../app/machine';
import type { Race } from '../app/race';
import { cropImage } from '../app/tiles';
import type { ModelSession } from '../host/sessions/session';
import { devPixelsFile, loadPixels } from '../native/pixels';
import { signatureFile } from '../storage/signature';
import { sha256 } from '../storage/verify';
import { type Paths, paths } from './paths';

export { exampleIdentity } from '../storage/identity.fixture';

/** A folder that goes with the test that asked for it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'refit-test-'));
  // Here, because the stand-ins serve test/fuzz too, which no test runner runs.
  const { onTestFinished } = await import('vitest');
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const hash = (text: string): string => sha256(Buffer.from(text));
const onnx = Buffer.from('an ONNX file');
const engine = Buffer.from('a stripped engine');

export function exampleCard(id: string, changes: Partial<ModelCard> = {}): ModelCard {
  const source = { registry: 'npm' as const, package: 'p', version: '1', file: 'f', bytes: 1, sha256: hash('source') };
  return {
    id,
    name: `The ${id}`,
    summary: 'Makes pictures better.',
    order: 1,
    licence: { spdx: 'MIT', holder: 'somebody', origin: 'somewhere' },
    sources: [source],
    onnx: { bytes: onnx.byteLength, sha256: sha256(onnx), precision: 'float16' },
    flow: { kind: 'tiles', scale: 2, overlap: 4, cpuTile: 32 },
    outputs: [{ name: 'upscaled', dtype: 'uint8', maxAbsError: 2 }],
    errorBoundReason: 'an example',
    cudaGraph: false,
    profiles: [{ id: 'tile32', height: 32, width: 32, vramBytes: 1000 }],
    sample: { file: 'sample.png', licence: 'CC0', source },
    ...changes,
  };
}

/** What the addon tells of a machine with one RTX card. */
export const exampleMachine: Machine = {
  driver: { kind: 'known', value: { version: '580.10', cudaVersion: 13000 } },
  gpus: {
    kind: 'known',
    value: [
      {
        index: 0,
        name: 'RTX 4070',
        uuid: 'GPU-1',
        computeCapability: { major: 8, minor: 9 },
        vramBytes: 12e9,
        multiprocessors: 46,
        clockKhz: 2_475_000,
      },
    ],
  },
  runtime: { kind: 'known', value: 'tensorrt-rtx 1.6.1' },
  parser: { kind: 'known', value: 'libtensorrt_onnxparser_rtx.so.1' },
};

/** A race of two that the second won. */
export const exampleRace: Race = {
  winner: { profile: 'tile32', target: 'portable', cudaGraph: true },
  rows: [
    {
      profile: 'tile32',
      target: 'portable',
      cudaGraph: false,
      result: { kind: 'timed', latencyMs: 2, tilesPerSecond: 400, usefulPerSecond: 9e5 },
    },
    {
      profile: 'tile32',
      target: 'portable',
      cudaGraph: true,
      result: { kind: 'timed', latencyMs: 1, tilesPerSecond: 800, usefulPerSecond: 18e5 },
    },
  ],
};

export function exampleEntry(model: string): EngineEntry {
  return {
    model,
    profile: 'tile32',
    target: 'portable',
    runtime: 'tensorrt-rtx 1.6.1',
    flags: ['STRIP_PLAN', 'REFIT_IDENTICAL'],
    onnxSha256: sha256(onnx),
    engineSha256: sha256(engine),
    inputsSha256: hash('inputs'),
    fullPlanBytes: 100,
    strippedBytes: engine.byteLength,
    compressedBytes: 1,
  };
}

/** Lays a shipped app's files into a temporary folder. @returns `key` too: the public half of what signed its catalog. */
export async function exampleShipment(models: string[]): Promise<{ root: string; paths: Paths; key: string }> {
  const root = await temporaryFolder();
  const where = paths(root, true);
  const write = async (file: string, bytes: Uint8Array | string) => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  };
  for (const model of models) {
    await write(path.join(where.modelsDir, model, 'model.json'), JSON.stringify(exampleCard(model)));
    await write(where.prepared(model, 'model.onnx'), onnx);
    await write(where.engine(exampleEntry(model)), brotliCompressSync(engine));
  }
  const cards = models.map((model) => ({ model, sha256: hash(JSON.stringify(exampleCard(model))) }));
  const catalog = JSON.stringify({ version: 1, engines: models.map(exampleEntry), cards });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  await write(where.catalogFile, catalog);
  await write(signatureFile(where.catalogFile), sign(null, Buffer.from(catalog), privateKey).toString('base64'));
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  return { root, paths: where, key };
}

/** An open session whose network repeats each pixel 2 × 2, as nearest-neighbour enlargement does, on tiles of 32. */
export function nearest(onRun: () => void = () => {}): ModelSession {
  const side = 32;
  const pixels = loadPixels(path.resolve(devPixelsFile));
  let isStopped = false;
  const run = async (pixels: Uint8Array) => {
    onRun();
    await new Promise((resolve) => setImmediate(resolve));
    const bytes = new Uint8Array(side * side * 4 * 3);
    for (let y = 0; y < side * 2; y++)
      for (let x = 0; x < side * 2; x++)
        for (let c = 0; c < 3; c++)
          bytes[(y * side * 2 + x) * 3 + c] = pixels[((y >> 1) * side + (x >> 1)) * 3 + c] ?? 0;
    return [{ shape: [1, side * 2, side * 2, 3], bytes }];
  };
  return {
    card: exampleCard('photo'),
    width: side,
    height: side,
    run,
    runTiles: async (source, result, tiles, onDone) => {
      isStopped = false;
      const from = pixels.openPicture(source, 'read');
      const to = pixels.openPicture(result, 'write');
      for (const [i, { x, y, crop, rect }] of tiles.entries()) {
        if (isStopped) return 'stopped';
        const tile = new Uint8Array(side * side * 3);
        await from.cutTile(x, y, side, side, tile);
        const [output] = await run(tile);
        const rgb = new Uint8Array(rect.width * rect.height * 3);
        if (output) cropImage(output.bytes, side * 2, crop, rgb);
        await to.write(rect, rgb);
        onDone([i]);
      }
      return 'done';
    },
    stopTiles: () => {
      isStopped = true;
    },
    close: async () => {},
  };
}
