/**
 * One engine, from the shipped file to pictures on this machine's GPU, each step as the app takes it and timed: for the GPU
 * tests, which judge what comes back, and for bench, which prints ratios. Nothing here asserts.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { EngineEntry, ModelCard, Profile } from '../../app/catalog';
import { worstDifference } from '../../app/golden';
import type { Gpu } from '../../app/machine';
import { asNumbers } from '../../app/numbers';
import { pictureBytes, pictureHeaderBytes } from '../../app/pictureFile';
import { scaleOf } from '../../app/pictureLimits';
import type { Picture } from '../../app/tiles';
import type { GpuTask, HostEvents } from '../../host/protocol';
import { openGpu } from '../../host/sessions/session';
import { Host } from '../../main/hosts/host';
import type { Paths } from '../../main/paths';
import { PictureFile, type PictureShape, placeFor, placesOf } from '../../main/pictures/pictureFile';
import { configurationOf, idOf } from '../../main/setup/candidates';
import type { Binding } from '../../native/binding';
import { identityOf } from '../../storage/cache';
import { readGolden } from '../../storage/verify';
import { type BuildTask, computeCapabilities } from './build';
import { spawnNodeHost } from './nodeHost';

/** What all measurements of a run share. */
export interface Rig {
  binding: Binding;
  gpu: Gpu;
  driver: { version: string | null; cudaVersion: number };
  runtime: string;
  paths: Paths;
}

export interface Measured {
  /** docs/gpu-report.json's row. */
  row: {
    model: string;
    profile: string;
    target: string;
    fullBuildMs: number;
    /** Loading the stripped engine, and putting the weights back. */
    deserializeMs: number;
    refitMs: number;
    serializeMs: number;
    /** From a plan in memory to a session that can run, kernels compiled. */
    coldStartMs: number;
    /** The same in a new process with the kernels of the cache. */
    warmStartMs: number;
    /** One tile on the device: run and synchronized. `bareTilesPerSecond` has the copies in and out. */
    latencyMs: number;
    /** Pictures through the GPU host, without Electron and without a window: the app itself is slower (appReport.ts). */
    hostTilesPerSecond: number;
    bareTilesPerSecond: number;
    /** ONNX Runtime on this machine's processor, one tile of the same shape. */
    cpuTileMs: number;
    peakVramBytes: number;
    planBytes: number;
    cachedEqualsRefitted: boolean;
    fullEqualsRefitted: boolean;
    maxAbsErrorVsCpu: number;
  };
  /** Largest difference from ONNX Runtime's CPU, by output. */
  errors: { output: string; worst: number; allowed: number }[];
  /** Largest difference of a full plan's outputs from the refitted one's: the builder may choose other tactics. */
  fullDifferences: { output: string; worst: number; allowed: number }[];
  refitReports: HostEvents['refitProgress'][];
  /** What a second host did at its start. */
  secondLookUp: string;
}

/** A GpuTask as main/setup/candidates.ts makes it, over a cache of its own. */
export function taskOn(rig: Rig, card: ModelCard, profile: Profile, entry: EngineEntry, cacheDir: string): GpuTask {
  const onnxFile = rig.paths.prepared(card.id, 'model.onnx');
  return {
    card,
    entry,
    profile,
    cudaGraph: card.cudaGraph,
    gpu: rig.gpu.index,
    identity: identityOf(card, [entry], rig),
    engineFile: rig.paths.engine(entry),
    onnxFile,
    preparedDir: path.dirname(onnxFile),
    cacheDir,
    addon: rig.paths.addon(rig.runtime),
    libraries: rig.paths.libraries(rig.runtime),
  };
}

/** A file as the app makes one. */
async function makeFile({ width, height, channels }: PictureShape): Promise<PictureFile> {
  const places = placesOf(path.join(tmpdir(), 'refit-measure-pictures'));
  return PictureFile.create({ width, height, channels }, await placeFor(pictureBytes(width, height, channels), places));
}

/** A picture in a file, which is the caller's to close. */
export async function fileOf({ width, height, rgb }: Picture): Promise<PictureFile> {
  const file = await makeFile({ width, height, channels: 3 });
  await file.writeRows(0, rgb);
  return file;
}

/** Where an enlarged picture goes; the caller's to close. */
export const enlargedFile = (card: ModelCard, { width, height }: Pick<Picture, 'width' | 'height'>) =>
  makeFile({ width: width * scaleOf(card), height: height * scaleOf(card), channels: 3 });

/** A picture file's pixels, without its header: RGB, rows from the top. */
export const pixelsOf = async ({ facts }: PictureFile): Promise<Uint8Array> =>
  new Uint8Array(await readFile(facts.file)).subarray(pictureHeaderBytes);

/** A host in a process of its own, and what it said. */
export function startHost(env?: NodeJS.ProcessEnv) {
  const refitReports: HostEvents['refitProgress'][] = [];
  let nextJob = 1;
  let outputs: Uint8Array[] = [];
  let tiles = 0;
  const host: Host = new Host(
    () => spawnNodeHost(env),
    {
      refitProgress: (progress) => refitReports.push(progress),
      tiles: ({ rects }) => {
        tiles += rects.length;
      },
      outputs: (job) => {
        outputs = job.outputs.map(({ bytes }) => bytes);
      },
    },
    () => {},
  );
  const infer = (card: ModelCard, source: PictureFile, result: PictureFile | null) =>
    host.call('infer', {
      jobId: nextJob++,
      model: card.id,
      device: 'gpu',
      picture: { picture: source.facts },
      result: result?.facts ?? null,
      finished: [],
    });
  return {
    host,
    refitReports,
    /** @returns a whole picture's outputs, or the picture that tiles make. */
    run: async (card: ModelCard, picture: Picture) => {
      const source = await fileOf(picture);
      const result = card.flow.kind === 'tiles' ? await enlargedFile(card, picture) : null;
      try {
        await infer(card, source, result);
        return result ? [await pixelsOf(result)] : outputs;
      } finally {
        await source.close();
        await result?.close();
      }
    },
    /** @returns how many tiles came. */
    countTiles: async (card: ModelCard, source: PictureFile) => {
      const result = await enlargedFile(card, source.facts);
      tiles = 0;
      try {
        await infer(card, source, result);
        return tiles;
      } finally {
        await result.close();
      }
    },
  };
}

/** Runs one catalog entry through everything. Takes seconds to a minute. */
export async function measure(rig: Rig, card: ModelCard, profile: Profile, entry: EngineEntry): Promise<Measured> {
  const work = await mkdtemp(path.join(tmpdir(), 'refit-measure-'));
  const [first, second] = [startHost(), startHost()];
  try {
    const task = taskOn(rig, card, profile, entry, path.join(work, 'cache'));
    const full = await buildFull(rig, card, profile, entry, path.join(work, 'full.plan'));
    const golden = await readGolden(task.preparedDir, card, profile.id);
    const picture = { width: profile.width, height: profile.height, rgb: golden.input };

    const vram = watchVram(rig);
    first.host.configure(configurationOf([task]));
    const id = idOf(task);
    await first.host.call('lookUp', id);
    await first.host.call('verify', id);
    const refitted = await first.host.call('refit', id);
    const checked = await first.host.call('check', id);
    await first.host.call('keep', id);
    const refittedOutputs = await first.run(card, picture);
    first.host.stop();

    second.host.configure(configurationOf([task]));
    const { kind: secondLookUp } = await second.host.call('lookUp', id);
    const warm = await second.host.call('openGpu', id);
    const cachedOutputs = await second.run(card, picture);
    const peakVramBytes = vram.stop();
    const hostTilesPerSecond = await hostThroughput(second, card, profile);
    // What it holds would slow down what is measured next.
    second.host.stop();

    const { latencyMs, bareTilesPerSecond, fullOutputs } = await bare(rig, card, profile, full.plan, golden.input);
    // A host tells nobody the outputs that are there for the golden picture alone; its own check has compared them.
    const told = card.outputs.filter(({ checkOnly }) => !checkOnly);
    const toldOf = (outputs: Uint8Array[]) => outputs.filter((_, i) => !card.outputs[i]?.checkOnly);
    const fullEqualsRefitted = isSame(toldOf(fullOutputs), refittedOutputs);
    const cpu = await onCpu(task.onnxFile, card, profile, golden.input);
    const differences = (outputs: Uint8Array[], from: Uint8Array[]) =>
      told.map(({ name, dtype, maxAbsError }, i) => ({
        output: name,
        worst: differenceOf(outputs[i], from[i], dtype),
        allowed: maxAbsError,
      }));
    const errors = differences(cachedOutputs, toldOf(cpu.outputs));
    const { deserializeMs, refitMs, serializeMs, planBytes } = refitted;
    return {
      row: {
        model: card.id,
        profile: profile.id,
        target: entry.target,
        fullBuildMs: full.fullBuildMs,
        deserializeMs,
        refitMs,
        serializeMs,
        coldStartMs: checked.deserializeMs + checked.contextMs,
        warmStartMs: warm.deserializeMs + warm.contextMs,
        latencyMs,
        hostTilesPerSecond,
        bareTilesPerSecond,
        cpuTileMs: cpu.elapsedMs,
        peakVramBytes,
        planBytes,
        cachedEqualsRefitted: isSame(cachedOutputs, refittedOutputs),
        fullEqualsRefitted,
        maxAbsErrorVsCpu: Math.max(...errors.map(({ worst }) => worst)),
      },
      errors,
      fullDifferences: differences(toldOf(fullOutputs), refittedOutputs),
      refitReports: first.refitReports,
      secondLookUp,
    };
  } finally {
    // After a failure they would go on, and hold the GPU's memory.
    first.host.stop();
    second.host.stop();
    await rm(work, { recursive: true, force: true });
  }
}

async function buildFull(rig: Rig, card: ModelCard, profile: Profile, entry: EngineEntry, file: string) {
  const task: BuildTask = {
    addon: rig.paths.addon(rig.runtime),
    libraries: rig.paths.libraries(rig.runtime),
    onnxFile: rig.paths.prepared(card.id, 'model.onnx'),
    engineFile: file,
    shape: [profile.height, profile.width],
    computeCapabilities: computeCapabilities[entry.target],
  };
  const script = path.join(import.meta.dirname, 'buildFull.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, JSON.stringify(task)]);
  const { fullBuildMs } = JSON.parse(stdout) as { fullBuildMs: number };
  return { fullBuildMs, plan: await readFile(file) };
}

/** Longest side of the result that measures a host's throughput: about a second's work. */
const resultSide = 16_384;

/** Pictures through host and addon, as the app sends them: large enough to be a second or two of work. */
async function hostThroughput(
  { run, countTiles }: Pick<ReturnType<typeof startHost>, 'run' | 'countTiles'>,
  card: ModelCard,
  profile: Profile,
): Promise<number> {
  const noise = (width: number, height: number) => {
    const pixels = new Uint8Array(width * height * 3);
    for (let i = 0; i < pixels.length; i++) pixels[i] = (i * 2654435761) >>> 24;
    return { width, height, rgb: pixels };
  };
  const perSecond = (count: number, startedAt: number) => (count * 1000) / (performance.now() - startedAt);
  if (card.flow.kind === 'whole') {
    const picture = noise(profile.width, profile.height);
    await run(card, picture);
    const startedAt = performance.now();
    for (let i = 0; i < 100; i++) await run(card, picture);
    return perSecond(100, startedAt);
  }
  const { overlap, scale } = card.flow;
  const columns = Math.floor((resultSide / scale - 2 * overlap) / (profile.width - 2 * overlap));
  const side = columns * (profile.width - 2 * overlap) + 2 * overlap;
  const source = await fileOf(noise(side, side));
  try {
    const startedAt = performance.now();
    let count = 0;
    do count += await countTiles(card, source);
    while (performance.now() - startedAt < 1000);
    return perSecond(count, startedAt);
  } finally {
    await source.close();
  }
}

async function bare(rig: Rig, card: ModelCard, profile: Profile, plan: Uint8Array, pixels: Uint8Array) {
  const session = await openGpu(rig.binding, card, profile, { plan }, rig.gpu.index);
  const fullOutputs = (await session.run(pixels)).map(({ bytes }) => bytes);
  const { latencyMs, tilesPerSecond } = await session.native.measure(200);
  await session.close();
  return { fullOutputs, latencyMs, bareTilesPerSecond: tilesPerSecond };
}

async function onCpu(onnxFile: string, card: ModelCard, profile: Profile, pixels: Uint8Array) {
  // Here, so that commands which do not need it run where it does not load.
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(onnxFile, { executionProviders: ['cpu'] });
  const input = session.inputNames[0] ?? 'pixels';
  const startedAt = performance.now();
  const results = await session.run({
    [input]: new Tensor('uint8', pixels, [1, profile.height, profile.width, 3]),
  });
  const elapsedMs = performance.now() - startedAt;
  const outputs = card.outputs.map(({ name }) => {
    const data = results[name]?.data as Uint8Array | Float32Array;
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  });
  await session.release();
  return { outputs, elapsedMs };
}

/** Samples the GPU's memory until stopped. @returns the most that was taken since the start. */
function watchVram({ binding, gpu }: Rig): { stop(): number } {
  const before = binding.vram({ device: gpu.index }).freeBytes;
  let least = before;
  const timer = setInterval(() => {
    least = Math.min(least, binding.vram({ device: gpu.index }).freeBytes);
    // Seldom enough that asking does not hold up what is measured.
  }, 50);
  // A measurement that failed leaves it: it must not keep the process.
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      return before - least;
    },
  };
}

/** @returns infinity where there is nothing to compare, so that no bound allows it. */
function differenceOf(a: Uint8Array | undefined, b: Uint8Array | undefined, dtype: 'uint8' | 'float32'): number {
  if (!a || !b || a.byteLength !== b.byteLength) return Number.POSITIVE_INFINITY;
  return worstDifference(asNumbers(a, dtype), asNumbers(b, dtype));
}

const isSame = (a: Uint8Array[], b: Uint8Array[]): boolean =>
  a.length > 0 && a.length === b.length && a.every((bytes, i) => Buffer.compare(bytes, b[i] ?? new Uint8Array()) === 0);
