/** The addon with drivers that this machine does not have: a made-up libcuda answers, in processes of their own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine } from '../../app/machine';
import { selectDevice } from '../../app/select';
import { devAddonFile, devLibraryDir } from '../../native/addon';
import { wordsOf } from '../../words/errors';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
let folder: string;

beforeAll(async () => {
  if (process.platform !== 'linux') return;
  folder = await mkdtemp(join(tmpdir(), 'refit-driver-'));
  const library = join(folder, 'libcuda.so.1');
  await run('cc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'driver.fixture.c')]);
});
afterAll(() => folder && rm(folder, { recursive: true, force: true }));

/** @param driver its answers: cuInit's result, the CUDA version that it serves, how many cards it has. */
async function probe(driver: { init?: number; cuda?: number; cards?: number }): Promise<Machine> {
  const { init = 0, cuda = 13_000, cards = 0 } = driver;
  const script = 'console.log(JSON.stringify(require(process.argv[1]).probe(process.argv[2])))';
  const { stdout } = await run(process.execPath, ['-e', script, join(root, devAddonFile), join(root, devLibraryDir)], {
    env: {
      ...process.env,
      LD_LIBRARY_PATH: folder,
      DRIVER_INIT: String(init),
      DRIVER_CUDA: String(cuda),
      DRIVER_CARDS: String(cards),
    },
  });
  return JSON.parse(stdout) as Machine;
}

test.runIf(process.platform === 'linux')('retains the context of a GPU once for the process', async () => {
  const script = 'const addon = require(process.argv[1]); for (const device of [0, 1, 0, 1]) addon.vram({ device });';
  const { stderr } = await run(process.execPath, ['-e', script, join(root, devAddonFile)], {
    env: { ...process.env, LD_LIBRARY_PATH: folder, DRIVER_CARDS: '2' },
  });
  expect(stderr.trim().split('\n')).toEqual(['retain', 'retain']);
});

const reasonOf = (machine: Machine) => {
  const device = selectDevice(machine);
  return device.kind === 'cpu' ? device.reason : undefined;
};

describe.runIf(process.platform === 'linux')('probe', () => {
  test("gives the driver's own words where it does not start", async () => {
    const machine = await probe({ init: 999 });
    expect(machine.driver).toEqual({
      kind: 'unknown',
      reason: 'The NVIDIA driver does not start: CUDA_ERROR_UNKNOWN: as the test says',
    });
    const reason = reasonOf(machine);
    expect(reason?.code).toBe('DRIVER_MISSING');
    expect(reason && wordsOf(reason).remedy).toContain('restart');
  });

  test('finds a driver that has no card', async () => {
    const machine = await probe({ init: 100 });
    expect([machine.driver.kind, machine.gpus]).toEqual(['known', { kind: 'known', value: [] }]);
    expect(reasonOf(machine)?.code).toBe('GPU_NONE');
  });

  test('tells which CUDA version an old driver serves, which is too old', async () => {
    const machine = await probe({ cuda: 12_000, cards: 1 });
    expect(machine.driver).toMatchObject({ kind: 'known', value: { cudaVersion: 12_000 } });
    expect(reasonOf(machine)?.code).toBe('DRIVER_TOO_OLD');
  });

  test('finds every card, with name, capability, memory and clock', async () => {
    const { gpus } = await probe({ cards: 2 });
    const card = {
      ...{ name: 'Card of a test', computeCapability: { major: 8, minor: 9 }, vramBytes: 8_585_740_288 },
      ...{ multiprocessors: 46, clockKhz: 2_475_000 },
    };
    expect(gpus).toMatchObject({ kind: 'known', value: [card, { ...card, index: 1 }] });
  });
});
