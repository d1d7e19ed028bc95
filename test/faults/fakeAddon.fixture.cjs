/**
 * An addon without a GPU, for tests of the engine host in processes of its own: its network reverses a pixel's channels and
 * doubles them, as test/tinyOnnx.ts does. It fails as a test says (faultList.fixture.cjs).
 */
const path = require('node:path');
const { called: listed } = require('./faultList.fixture.cjs');

const build = process.env.REFIT_ADDON_BUILD ?? 'build';
const pixels = require(path.join(__dirname, '..', '..', 'native', build, 'pixels.node'));

const isWindows = process.platform === 'win32';
const noTimes = { deserializeMs: 1, refitMs: 1, serializeMs: 1, writeMs: 0 };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let broken = false;

function failure(code) {
  return Object.assign(new Error(`a made-up ${code}`), { code, detail: 'as the test said' });
}

async function called(call, tile) {
  const how = listed(call, tile);
  if (broken) throw failure('CUDA');
  switch (how) {
    case undefined:
      return;
    case 'segfault':
      // Windows has no signals. It ends a process for an access to memory that is not there with this code.
      if (isWindows) process.reallyExit(0xc0000005 | 0);
      process.kill(process.pid, 'SIGSEGV');
      return sleep(60_000);
    case 'killed':
      process.kill(process.pid, 'SIGKILL');
      return sleep(60_000);
    case 'stopped':
      // Without a signal what stops is the thread that hears and speaks, which is what main can see of it.
      if (isWindows) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      process.kill(process.pid, 'SIGSTOP');
      return sleep(60_000);
    case 'abort':
      return process.abort();
    case 'exit':
      // No number of a signal, and not 3, with which Microsoft's C library aborts.
      return process.exit(100);
    case 'loop':
      for (;;);
    case 'stuck':
      return sleep(1e9);
    case 'outOfMemory': {
      // For real, with what little this process is given.
      const all = [];
      for (;;) all.push(new Array(1e6).fill(all.length));
    }
    case 'CUDA':
      // A fault stays with the process.
      broken = true;
      throw failure('CUDA');
    default:
      throw failure(how);
  }
}

async function openSession(plan) {
  const tile = Number(/tile(\d+)/.exec(Buffer.from(plan).toString())?.[1]);
  await called('open', tile);
  const bytes = tile * tile * 3;
  let isStopped = false;
  const run = async ([input], [output], crop = { x: 0, y: 0, width: tile, height: tile }) => {
    await called('run', tile);
    await sleep(2);
    for (let y = 0; y < crop.height; y++)
      for (let x = 0; x < crop.width; x++)
        for (let c = 0; c < 3; c++)
          output[(y * crop.width + x) * 3 + c] = Math.min(
            255,
            2 * input[((crop.y + y) * tile + crop.x + x) * 3 + 2 - c],
          );
  };
  const tensor = { dtype: 'uint8', shape: [1, tile, tile, 3], bytes };
  return {
    inputs: [{ ...tensor, name: 'pixels' }],
    outputs: [{ ...tensor, name: 'changed' }],
    vramBytes: bytes,
    runtimeCacheUsed: true,
    contextMs: 1,
    deserializeMs: 1,
    weightsMs: 0,
    run,
    runTiles: async (source, result, tiles, onDone) => {
      isStopped = false;
      const from = pixels.openPicture(source, 'read');
      const to = pixels.openPicture(result, 'write');
      for (let i = 0; i < tiles.length / 8; i++) {
        if (isStopped) return 'stopped';
        const [x, y, cropX, cropY, width, height, toX, toY] = tiles.subarray(i * 8, i * 8 + 8);
        const input = new Uint8Array(bytes);
        await from.cutTile(x, y, tile, tile, input);
        const core = new Uint8Array(width * height * 3);
        await run([input], [core], { x: cropX, y: cropY, width, height });
        await to.write({ x: toX, y: toY, width, height }, core);
        onDone(Uint32Array.of(i));
      }
      return 'done';
    },
    stopTiles: () => {
      isStopped = true;
    },
    measure: async (iterations) => ({ iterations, latencyMs: 20, tilesPerSecond: 50 }),
    runtimeCache: () => Buffer.from('kernels'),
    close: async () => {},
  };
}

module.exports = {
  runtime: 'tensorrt-rtx 1.6.1',
  findDriver: () => ({
    driver: { kind: 'known', value: { version: '580.10', cudaVersion: 13000 } },
    gpus: {
      kind: 'known',
      value: [
        {
          index: 0,
          name: 'RTX 9',
          uuid: 'GPU-1',
          computeCapability: { major: 12, minor: 0 },
          multiprocessors: 20,
          clockKhz: 2_000_000,
          vramBytes: 8e9,
        },
      ],
    },
  }),
  openLibraries: () => ({
    runtime: { kind: 'known', value: 'tensorrt-rtx 1.6.1' },
    parser: { kind: 'known', value: 'a parser' },
  }),
  vram: () => ({ freeBytes: 8e9, totalBytes: 8e9 }),
  refit: async (engine) => {
    const plan = Buffer.from(`plan of ${Buffer.from(engine)}`);
    await called('refit', Number(/tile(\d+)/.exec(plan.toString())?.[1]));
    await sleep(20);
    return { plan, planBytes: plan.byteLength, weights: 3, weightBytes: 30, sources: [], ...noTimes };
  },
  openSession,
};
