/**
 * From a first launch to the first picture: one model that nothing is kept of, in a new process, by the app's own setup. The
 * clock starts when a person presses Prepare, having read the first screen, and ends when the first pixels of a picture arrive.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Catalog, ModelCard } from '../app/catalog';
import type { HostCall } from '../main/hostProtocol';
import type { Paths } from '../main/paths';
import { createSetup } from '../main/setup';
import { createStore } from '../main/store';
import { readGolden } from '../main/verify';
import { startHost } from './measure';

export interface FirstLaunch {
  model: string;
  /** Whether kernels shipped with the app and were taken. */
  withKernels: boolean;
  /** Until the first candidate gave the golden picture right: the GPU's first result. */
  checkedMs: number;
  /** Until the fastest engine was found and kept. */
  preparedMs: number;
  /** Until the first pixels of a picture had arrived. */
  firstPictureMs: number;
  /** Milliseconds by call of the engine host, of all candidates together. */
  steps: Partial<Record<HostCall, number>>;
}

/** @param paths where `catalog`'s engines and kernels lie. */
export async function firstLaunch(paths: Paths, card: ModelCard, catalog: Catalog): Promise<FirstLaunch> {
  const work = await mkdtemp(path.join(tmpdir(), 'refit-first-'));
  // What the driver has compiled before, it keeps in a cache of its own; a first launch finds it empty.
  const started = startHost({ CUDA_CACHE_PATH: path.join(work, 'driver') });
  const { host } = started;
  const steps: FirstLaunch['steps'] = {};
  let checkedAt = 0;
  let withKernels = false;
  const call = host.call.bind(host);
  host.call = async (name, args) => {
    const from = performance.now();
    const result = await call(name, args);
    const to = performance.now();
    steps[name] = (steps[name] ?? 0) + to - from;
    if (name === 'check' && checkedAt === 0) {
      checkedAt = to;
      withKernels = (result as { kernelsUsed: boolean }).kernelsUsed;
    }
    return result;
  };
  try {
    const store = createStore();
    const shipped = { cards: [card], catalog, notices: [] };
    const setup = createSetup(store, host, shipped, paths, path.join(work, 'cache'));
    await setup.start();
    // A glance at the first screen, in which the host warms up (`steps.warm`): outside the clock, without kernels and with.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const startedAt = performance.now();
    await setup.prepare();
    const preparedMs = performance.now() - startedAt;
    setup.goOn();
    const task = setup.gpuTask(card.id);
    if (!task) throw new Error(`${card.id} was not prepared: ${JSON.stringify(store.get().setup)}`);
    const golden = await readGolden(task.preparedDir, card, task.profile.id);
    const { width, height } = task.profile;
    await host.call('openGpu', task);
    await started.run(card, { width, height, rgb: golden.input });
    const firstPictureMs = performance.now() - startedAt;
    return { model: card.id, withKernels, checkedMs: checkedAt - startedAt, preparedMs, firstPictureMs, steps };
  } finally {
    host.stop();
    await rm(work, { recursive: true, force: true });
  }
}

/** A model's first launches without and with shipped kernels, and what the kernels save. */
export interface FirstLaunches {
  model: string;
  without: FirstLaunch;
  with: FirstLaunch;
  /** Without by with. */
  ratios: { checked: number; prepared: number; firstPicture: number };
}

export const compareLaunches = (without: FirstLaunch, withKernels: FirstLaunch): FirstLaunches => ({
  model: without.model,
  without,
  with: withKernels,
  ratios: {
    checked: without.checkedMs / withKernels.checkedMs,
    prepared: without.preparedMs / withKernels.preparedMs,
    firstPicture: without.firstPictureMs / withKernels.firstPictureMs,
  },
});

/** The middle one of several launches by its time to the first picture. */
export function median(launches: readonly FirstLaunch[]): FirstLaunch {
  const sorted = [...launches].sort((a, b) => a.firstPictureMs - b.firstPictureMs);
  const middle = sorted[sorted.length >> 1];
  if (!middle) throw new RangeError('Expected at least one launch');
  return middle;
}
