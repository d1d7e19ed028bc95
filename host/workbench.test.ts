/** The workbench with a pretended addon: what it opens with what, what it holds open and what it lets go. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import type { KernelsEntry } from '../app/catalog';
import { exampleCard, exampleEntry, exampleIdentity, exampleShipment } from '../main/example.fixture';
import type { Binding, SessionOptions } from '../native/binding';
import { keep, readEntry } from '../storage/cache';
import { sha256 } from '../storage/verify';
import type { GpuTask } from './protocol';
import { Workbench } from './workbench';

const pixels = 32 * 32 * 3;
const shippedKernels = Buffer.from('kernels that somebody else compiled');
let opened: { plan: string; kernels: string | undefined; graph: boolean | undefined }[];
let open: string[];
let freeBytes: number;
let wrongGraph: boolean;
/** The GPU has room for one session. */
let full: boolean;

const noMaps = (): never => {
  throw new Error('no picture was to be opened');
};
/** A session with a CUDA graph runs twice as fast as one without. */
const binding = {
  runtime: 'tensorrt-rtx 1.6.1',
  openLibraries: () => ({}),
  vram: () => ({ freeBytes, totalBytes: 1e9 }),
  refit: async (engine: Uint8Array) => ({
    plan: Buffer.from(`plan of ${Buffer.from(engine)}`),
    weights: 7,
    weightBytes: 70,
    deserializeMs: 1,
    refitMs: 1,
    serializeMs: 1,
  }),
  openSession: async (plan: Uint8Array, { runtimeCache, cudaGraph }: SessionOptions = {}) => {
    const name = `${Buffer.from(plan)}${cudaGraph ? ' graph' : ''}`;
    opened.push({
      plan: Buffer.from(plan).toString(),
      kernels: runtimeCache && Buffer.from(runtimeCache).toString(),
      graph: cudaGraph,
    });
    if (full && open.length > 0) throw Object.assign(new Error('no room'), { code: 'OUT_OF_VRAM', detail: '' });
    open.push(name);
    return {
      inputs: [],
      outputs: [{ name: 'upscaled', dtype: 'uint8', shape: [1, 64, 64, 3], bytes: pixels * 4 }],
      vramBytes: 1,
      runtimeCacheUsed: runtimeCache !== undefined,
      contextMs: 1,
      deserializeMs: 1,
      run: async (_inputs: Uint8Array[], outputs: Uint8Array[]) => {
        outputs[0]?.fill(wrongGraph && cudaGraph ? 99 : 5);
      },
      measure: async (iterations: number) => ({
        iterations,
        latencyMs: cudaGraph ? 1 : 2,
        tilesPerSecond: cudaGraph ? 1000 : 500,
      }),
      runtimeCache: () => Buffer.from('kernels compiled here'),
      close: async () => {
        open = open.filter((other) => other !== name);
      },
    };
  },
} as unknown as Binding;

async function shipment(): Promise<{ plain: GpuTask; graph: GpuTask; bench: Workbench; kernelsFile: string }> {
  const { root, paths } = await exampleShipment(['photo']);
  const card = exampleCard('photo');
  const entry = exampleEntry('photo');
  const preparedDir = path.dirname(paths.prepared('photo', 'model.onnx'));
  const input = Buffer.alloc(pixels, 1);
  const reference = Buffer.alloc(pixels * 4, 5);
  await writeFile(path.join(preparedDir, 'in.bin'), input);
  await writeFile(path.join(preparedDir, 'out.bin'), reference);
  const manifest = {
    version: 1,
    onnxSha256: card.onnx.sha256,
    profiles: {
      tile32: {
        input: { file: 'in.bin', sha256: sha256(input) },
        outputs: [
          {
            name: 'upscaled',
            dtype: 'uint8',
            elements: pixels * 4,
            stride: 1,
            file: 'out.bin',
            sha256: sha256(reference),
          },
        ],
      },
    },
  };
  await writeFile(path.join(preparedDir, 'golden.json'), JSON.stringify(manifest));
  const kernelsEntry: KernelsEntry = {
    model: 'photo',
    profile: 'tile32',
    target: 'portable',
    sm: '8.9',
    runtime: entry.runtime,
    cudaVersion: 13000,
    engineSha256: entry.engineSha256,
    sha256: sha256(shippedKernels),
    bytes: shippedKernels.byteLength,
    compressedBytes: 1,
  };
  const kernelsFile = paths.kernels(kernelsEntry);
  await writeFile(kernelsFile, brotliCompressSync(shippedKernels));
  const plain: GpuTask = {
    card,
    entry,
    profile: { id: 'tile32', width: 32, height: 32, vramBytes: 1000 },
    cudaGraph: false,
    gpu: 0,
    identity: exampleIdentity,
    engineFile: paths.engine(entry),
    onnxFile: paths.prepared('photo', 'model.onnx'),
    preparedDir,
    cacheDir: path.join(root, 'cache'),
    addon: '',
    libraries: '',
    kernels: { entry: kernelsEntry, file: kernelsFile },
  };
  return { plain, graph: { ...plain, cudaGraph: true }, bench: new Workbench(noMaps, binding), kernelsFile };
}

const make = async (bench: Workbench, task: GpuTask) => {
  const verified = await bench.verify(task);
  await bench.refit(task, () => {});
  return verified;
};
const raced = async (bench: Workbench, ...tasks: GpuTask[]) => {
  const times = [];
  for (const task of tasks) {
    await bench.check(task);
    times.push(await bench.time(task));
  }
  return times;
};
const won = (task: GpuTask) => ({
  ...task,
  race: { winner: { profile: 'tile32', target: 'portable' as const, cudaGraph: task.cudaGraph }, rows: [] },
});

beforeEach(() => {
  opened = [];
  open = [];
  freeBytes = 1e9;
  wrongGraph = false;
  full = false;
});

test('opens the first candidate with the kernels that ship, and the next with what that one has', async () => {
  const { bench, plain, graph } = await shipment();
  await make(bench, plain);
  await raced(bench, plain, graph);
  expect(opened.map(({ kernels }) => kernels)).toEqual([shippedKernels.toString(), 'kernels compiled here']);
});

test('reads and verifies once what it was warmed up with', async () => {
  const { bench, plain } = await shipment();
  await bench.warm(plain);
  await writeFile(plain.engineFile, 'changed since, and not read again');
  await make(bench, plain);
  await raced(bench, plain);
  expect(opened).toMatchObject([{ plan: 'plan of a stripped engine', kernels: shippedKernels.toString() }]);
});

test('times a candidate by the pixels that are of use', async () => {
  const { bench, plain } = await shipment();
  await make(bench, plain);
  expect(await raced(bench, plain)).toEqual([
    { kind: 'timed', latencyMs: 2, tilesPerSecond: 500, usefulPerSecond: 500 * 24 * 24 * 4 },
  ]);
});

test.each([
  ['the later', ['plain', 'graph'], 'graph'],
  ['the earlier', ['graph', 'plain'], 'graph'],
] as const)('holds only the fastest candidate open where that is %s', async (_name, order, winner) => {
  const { bench, ...tasks } = await shipment();
  await make(bench, tasks.plain);
  await raced(bench, ...order.map((name) => tasks[name]));
  expect(open).toEqual([`plan of a stripped engine ${winner}`]);
});

test('closes the fastest one for a candidate that would else lack memory, and can still keep it', async () => {
  const { bench, plain, graph } = await shipment();
  await make(bench, plain);
  await raced(bench, graph);
  freeBytes = 10;
  await bench.check(plain);
  expect(open).toEqual(['plan of a stripped engine']);
  await bench.time(plain);
  await bench.keep(won(graph));
  expect(open).toEqual([]);
  await bench.openGpu(graph);
  expect(opened.at(-1)).toMatchObject({ graph: true, kernels: 'kernels compiled here' });
});

test('keeps the winner’s session for the first picture: nothing is opened twice', async () => {
  const { bench, plain, graph } = await shipment();
  await make(bench, plain);
  await raced(bench, plain, graph);
  await bench.keep(won(graph));
  const count = opened.length;
  await bench.openGpu(graph);
  expect([opened.length, bench.session('gpu', 'photo').width]).toEqual([count, 32]);
});

/** The host of a launch that finds what the one before has kept. */
async function nextLaunch(): Promise<{ second: Workbench; plain: GpuTask }> {
  const { bench, plain } = await shipment();
  await make(bench, plain);
  await raced(bench, plain);
  await bench.keep(won(plain));
  return { second: new Workbench(noMaps, binding), plain };
}

test('opens one session for all that ask for it at once', async () => {
  const { second, plain } = await nextLaunch();
  const [before, alive] = [opened.length, open.length];
  await Promise.all(Array.from({ length: 8 }, () => second.openGpu(plain)));
  expect([opened.length - before, open.length - alive]).toEqual([1, 1]);
});

test('opens another session where other weights are asked for meanwhile', async () => {
  const { second, plain } = await nextLaunch();
  const other = { ...plain, card: { ...plain.card, onnx: { ...plain.card.onnx, sha256: 'f'.repeat(64) } } };
  const before = opened.length;
  await Promise.all([second.openGpu(plain), second.openGpu(other)]);
  expect(opened.length - before).toBe(2);
});

test('asks anew for a session that did not open', async () => {
  const { second, plain } = await nextLaunch();
  freeBytes = -1;
  full = true;
  open = ['of another program'];
  const failed = await Promise.allSettled([second.openGpu(plain), second.openGpu(plain)]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  full = false;
  await second.openGpu(plain);
  expect(second.session('gpu', 'photo').width).toBe(32);
});

test('opens the winner as it was raced at the second launch', async () => {
  const { bench, plain, graph } = await shipment();
  await make(bench, plain);
  await raced(bench, plain, graph);
  await bench.keep(won(graph));
  const second = new Workbench(noMaps, binding);
  expect(await second.lookUp(plain)).toMatchObject({ kind: 'hit', race: { winner: { cudaGraph: true } } });
  await second.openGpu(graph);
  expect(opened.at(-1)).toMatchObject({ graph: true, kernels: 'kernels compiled here' });
});

test('does not open what is kept as another candidate than the one that won', async () => {
  const { bench, plain, graph } = await shipment();
  await make(bench, plain);
  await raced(bench, plain);
  await bench.keep(won(plain));
  await expect(new Workbench(noMaps, binding).openGpu(graph)).rejects.toMatchObject({ code: 'CACHE_DAMAGED' });
});

test('never opens a plan of another runtime version: it is set aside, and made again from the stripped engine', async () => {
  const { bench, plain } = await shipment();
  await make(bench, plain);
  await raced(bench, plain);
  await bench.keep(won(plain));
  opened = [];

  const updated = { ...plain, identity: { ...plain.identity, runtime: 'tensorrt-rtx 1.7.1' } };
  const next = new Workbench(noMaps, binding);
  expect(await next.lookUp(updated)).toEqual({ kind: 'absent', changed: true });
  await expect(next.openGpu(updated)).rejects.toMatchObject({ code: 'CACHE_DAMAGED' });
  expect(opened).toEqual([]);

  await make(next, updated);
  await raced(next, updated);
  await next.keep(won(updated));
  expect(opened).toEqual([expect.objectContaining({ plan: 'plan of a stripped engine' })]);
  expect((await new Workbench(noMaps, binding).lookUp(updated)).kind).toBe('hit');
});

test.each([
  ['tensorrt-rtx 1.6.1', 'tensorrt-rtx 1.7.1'],
  ['tensorrt-rtx 1.7.1', 'tensorrt-rtx 1.6.1'],
])('hands an engine of %s to no library of %s', async (need, have) => {
  const { plain } = await shipment();
  const task = { ...plain, entry: { ...plain.entry, runtime: need } };
  const other = new Workbench(noMaps, { ...binding, runtime: have } as never);
  await other.verify(task);
  const refused = await make(other, task).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'RUNTIME_MISMATCH', params: { have, need } });
});

test('does not believe a record that names another runtime version than its place in the cache', async () => {
  const { bench, plain } = await shipment();
  await make(bench, plain);
  await raced(bench, plain);
  await bench.keep(won(plain));
  const [key = ''] = await readdir(path.join(plain.cacheDir, 'photo'));
  const file = path.join(plain.cacheDir, 'photo', key, 'record.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace('tensorrt-rtx 1.6.1', 'tensorrt-rtx 1.5.0'));
  opened = [];
  const next = new Workbench(noMaps, binding);
  expect((await next.lookUp(plain)).kind).toBe('damaged');
  await expect(next.openGpu(plain)).rejects.toMatchObject({ code: 'CACHE_DAMAGED' });
  expect(opened).toEqual([]);
});

test('puts a candidate with a wrong picture out, and the next on the same plan is still tried', async () => {
  const { bench, plain, graph } = await shipment();
  wrongGraph = true;
  await make(bench, plain);
  await expect(bench.check(graph)).rejects.toMatchObject({ code: 'PLAN_WRONG' });
  await expect(bench.keep(won(graph))).rejects.toThrow();
  await raced(bench, plain);
  expect(open).toEqual(['plan of a stripped engine']);
  expect(await readdir(plain.cacheDir).catch(() => [])).toEqual([]);
});

test.each<[string, (file: string) => Promise<unknown>]>([
  [
    'with one byte changed',
    async (file) => {
      const bytes = await readFile(file);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await writeFile(file, bytes);
    },
  ],
  ['of other content', (file) => writeFile(file, brotliCompressSync(Buffer.from('kernels of somebody else again')))],
  ['that unpack to more than they should', (file) => writeFile(file, brotliCompressSync(Buffer.alloc(1e6)))],
  ['that are cut off', (file) => writeFile(file, brotliCompressSync(shippedKernels).subarray(0, 9))],
])('never hands shipped kernels %s to the library, and compiles instead', async (_name, spoil) => {
  const { bench, plain, kernelsFile } = await shipment();
  await spoil(kernelsFile);
  expect((await make(bench, plain)).kernelsRefused).toMatch(/ENGINE_HASH_MISMATCH.*kernels\.br/);
  await raced(bench, plain);
  expect(opened.map(({ kernels }) => kernels)).toEqual([undefined]);
});

test.each([
  ['OUT_OF_VRAM', 'OUT_OF_VRAM'],
  ['CUDA', 'GPU_FAULT'],
  ['GPU_MISSING', 'GPU_NONE'],
  ['DRIVER_MISSING', 'DRIVER_MISSING'],
])('tells what a GPU says at the first question (%s) as it is told of a session', async (said, code) => {
  const { bench, plain } = await shipment();
  await make(bench, plain);
  await raced(bench, plain);
  await bench.keep(won(plain));
  const vram = (): never => {
    throw Object.assign(new Error('no'), { code: said, detail: '' });
  };
  await expect(new Workbench(noMaps, { ...binding, vram }).openGpu(plain)).rejects.toMatchObject({ code });
});

test('closes other tools’ networks where the GPU is too full to open one more', async () => {
  const { bench, plain } = await shipment();
  await make(bench, plain);
  await raced(bench, plain);
  await bench.keep(won(plain));
  const other: GpuTask = {
    ...plain,
    card: { ...plain.card, id: 'other' },
    identity: { ...plain.identity, model: 'other' },
  };
  const found = await readEntry(plain.cacheDir, plain.identity);
  if (found.kind !== 'hit') throw new Error(found.kind);
  await keep(other.cacheDir, other.identity, found.entry);
  full = true;
  await bench.openGpu(other);
  expect(open).toHaveLength(1);
  expect(() => bench.session('gpu', 'photo')).toThrow('no open session');
  expect(bench.session('gpu', 'other').card.id).toBe('other');
});

test('opens again what could not be kept, after another tool took its place', async () => {
  const { bench, plain, graph } = await shipment();
  const unwritable = { ...graph, cacheDir: path.join(plain.engineFile, 'below a file') };
  await make(bench, plain);
  await raced(bench, plain, unwritable);
  await expect(bench.keep(won(unwritable))).rejects.toMatchObject({ code: expect.stringMatching(/^CACHE_/) });
  const other: GpuTask = {
    ...plain,
    card: { ...plain.card, id: 'other' },
    identity: { ...plain.identity, model: 'other' },
  };
  const entry = { plan: Buffer.from('plan of another'), kernels: Buffer.from('kernels') };
  await keep(other.cacheDir, other.identity, { ...entry, race: won(plain).race });
  full = true;
  await bench.openGpu(other);
  expect(open).toEqual(['plan of another']);
  await bench.openGpu(unwritable);
  expect(open).toEqual(['plan of a stripped engine graph']);
});
