/** The app without its window, its engine hosts real processes, their GPU made up (fakeAddon.fixture.cjs). */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Catalog, ModelCard } from '../../app/catalog';
import type { Picture } from '../../app/tiles';
import { exampleCard, exampleEntry } from '../../main/example.fixture';
import { Host, type HostDeath } from '../../main/host';
import { createJobs } from '../../main/jobs';
import { type Paths, paths } from '../../main/paths';
import { createSetup } from '../../main/setup';
import type { Shipped } from '../../main/shipped';
import { createStore } from '../../main/store';
import { sha256 } from '../../main/verify';
import { limitsMs, Watchdog } from '../../main/watchdog';
import { expectedPixels, tinyOnnx } from '../../native/tinyOnnx';
import { spawnNodeHost } from '../nodeHost';

const network = { factor: 2, offset: 0 };
const sides = [64, 32];

export type Fault = {
  call: 'refit' | 'open' | 'run';
  at?: number;
  tile?: number;
  how:
    | 'segfault'
    | 'killed'
    | 'abort'
    | 'exit'
    | 'loop'
    | 'stuck'
    | 'outOfMemory'
    | 'CUDA'
    | 'RUN_FAILED'
    | 'OUT_OF_VRAM'
    | 'OUT_OF_MEMORY'
    | 'DRIVER_MISSING'
    | 'SESSION_FAILED';
};

export interface FakeShipment {
  shipped: Shipped;
  paths: Paths;
}

/**
 * One tool in tiles of 64 or 32, as it would ship.
 * @param folder empty; or, with `laid`, one that this laid out before, which is then only described.
 */
export async function fakeShipment(folder: string, laid = false): Promise<FakeShipment> {
  const onnx = tinyOnnx(network);
  const where: Paths = { ...paths(folder, true), addon: () => path.join(import.meta.dirname, 'fakeAddon.fixture.cjs') };
  const card: ModelCard = exampleCard('photo', {
    onnx: { bytes: onnx.byteLength, sha256: sha256(onnx), precision: 'float16' },
    flow: { kind: 'tiles', scale: 1, overlap: 4, cpuTile: 48 },
    outputs: [{ name: 'changed', dtype: 'uint8', maxAbsError: 0 }],
    profiles: sides.map((side) => ({ id: `tile${side}`, width: side, height: side, vramBytes: 1000 })),
  });
  const write = async (file: string, bytes: Uint8Array | string): Promise<void> => {
    if (laid) return;
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  };
  await write(where.prepared('photo', 'model.onnx'), onnx);
  const engines: Catalog['engines'] = [];
  const profiles: Record<string, unknown> = {};
  for (const side of sides) {
    const engine = Buffer.from(`engine tile${side}`);
    const entry = {
      ...exampleEntry('photo'),
      profile: `tile${side}`,
      onnxSha256: sha256(onnx),
      engineSha256: sha256(engine),
      strippedBytes: engine.byteLength,
    };
    engines.push(entry);
    await write(where.engine(entry), brotliCompressSync(engine));
    const input = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 2) % 120);
    const reference = expectedPixels(input, network);
    const file = (name: string) => `${name}${side}.bin`;
    await write(where.prepared('photo', file('in')), input);
    await write(where.prepared('photo', file('out')), reference);
    profiles[`tile${side}`] = {
      input: { file: file('in'), sha256: sha256(input) },
      outputs: [
        {
          name: 'changed',
          dtype: 'uint8',
          elements: reference.byteLength,
          stride: 1,
          file: file('out'),
          sha256: sha256(reference),
        },
      ],
    };
  }
  const manifest = { version: 1, onnxSha256: card.onnx.sha256, profiles };
  await write(where.prepared('photo', 'golden.json'), JSON.stringify(manifest));
  return { shipped: { cards: [card], catalog: { version: 1, engines }, notices: [] }, paths: where };
}

export const picture: Picture = {
  width: 300,
  height: 200,
  rgb: Uint8Array.from({ length: 300 * 200 * 3 }, (_, i) => ((i * 31) % 64) * 2),
};
export const expected = expectedPixels(picture.rgb, network);

/**
 * The app over a folder: what ships, its cache, its faults.
 * @param hostFile as `buildEntry('hostProcess')` made it. @param patienceMs of the watchdog, for every call and for silence.
 * @param laid as in `fakeShipment`; in `<folder>/app`.
 */
export async function fakeApp(folder: string, hostFile: string, patienceMs = 60_000, laid = false) {
  const { shipped, paths: where } = await fakeShipment(path.join(folder, 'app'), laid);
  const fake = path.join(folder, 'fake');
  await mkdir(fake, { recursive: true });
  const store = createStore();
  const deaths: HostDeath[] = [];
  const log: string[] = [];
  const canvas = new Uint8Array(expected.byteLength);
  /** How often each pixel was drawn. */
  const drawn = new Uint8Array(picture.width * picture.height);
  const limits = Object.fromEntries(Object.keys(limitsMs).map((call) => [call, patienceMs])) as typeof limitsMs;
  const host = (onDeath: (death: HostDeath) => void): Host =>
    new Host(
      () => spawnNodeHost({ REFIT_FAKE: fake, NODE_OPTIONS: '--max-old-space-size=200' }, hostFile),
      { tile: (tile) => jobs.onTile(tile), refitProgress: (progress) => setup.onRefitProgress(progress) },
      onDeath,
      (onHang) => new Watchdog(onHang, patienceMs, limits, 50),
    );
  const gpu = host((death) => {
    deaths.push(death);
    if (death.gaveUp) setup.fallBack({ code: 'HOST_GAVE_UP', message: '', remedy: '', detail: '' });
  });
  const cpu = host((death) => deaths.push(death));
  const setup = createSetup(store, gpu, shipped, where, path.join(folder, 'engines'), (line) => log.push(line));
  const jobs = createJobs(store, setup, { gpu, cpu }, shipped.cards, where, async ({ rect, rgb }) => {
    for (let row = 0; row < rect.height; row++) {
      const at = (rect.y + row) * picture.width + rect.x;
      canvas.set(rgb.subarray(row * rect.width * 3, (row + 1) * rect.width * 3), at * 3);
      for (let x = 0; x < rect.width; x++) drawn[at + x] = (drawn[at + x] ?? 0) + 1;
    }
  });

  const ended = async () => {
    jobs.start({ model: 'photo', ...picture });
    while (store.get().job.kind === 'running') await new Promise((resolve) => setTimeout(resolve, 10));
    return store.get().job;
  };
  return {
    store,
    setup,
    jobs,
    deaths,
    log,
    canvas,
    drawn,
    /** Runs the picture through. */
    run: ended,
    fail: (...faults: Fault[]) => writeFile(path.join(fake, 'faults.json'), JSON.stringify(faults)),
    /** How many faults there were, in all processes. */
    injected: async (): Promise<number> =>
      (await readFile(path.join(fake, 'injected'), 'utf8').catch(() => '')).split('\n').filter(Boolean).length,
    /** What the addon was called for, in all processes: "run 64". */
    calls: async (): Promise<string[]> =>
      (await readFile(path.join(fake, 'log'), 'utf8').catch(() => ''))
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(' ').slice(0, 2).join(' ')),
    stop: () => {
      gpu.stop();
      cpu.stop();
    },
    /** Detects, prepares and goes on to the tools. */
    ready: async () => {
      await setup.start();
      if (store.get().setup.kind === 'found') await setup.prepare();
      setup.goOn();
    },
  };
}
