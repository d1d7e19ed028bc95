/**
 * Times a first launch up to the first picture: one model with an empty cache, in a new process, by the app's own setup. The clock starts
 * when a person presses Prepare, after a look at the first screen, and ends when the first pixels of a picture arrive.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Catalog, ModelCard } from '../../app/catalog';
import { startHost } from '../../factory/engines/measure';
import type { HostCall } from '../../host/protocol';
import type { Paths } from '../../main/paths';
import { idOf } from '../../main/setup/candidates';
import { createSetup } from '../../main/setup/setup';
import { createStore } from '../../main/store';
import { readGolden } from '../../storage/verify';

export interface FirstLaunch {
  model: string;
  /** Whether kernels shipped with the app and were taken. */
  withKernels: boolean;
  /** Until the first candidate gave the golden picture right: the GPU's first result. */
  checkedMs: number;
  /** Until its engine was kept; the race for the fastest follows behind. */
  preparedMs: number;
  /** Until the first pixels of a picture had arrived. */
  firstPictureMs: number;
  /** Milliseconds by call of either host, of all candidates together. */
  steps: Partial<Record<HostCall, number>>;
}

/** @param paths where `catalog`'s engines and kernels lie. */
export async function firstLaunch(paths: Paths, card: ModelCard, catalog: Catalog): Promise<FirstLaunch> {
  const work = await mkdtemp(path.join(tmpdir(), 'refit-first-'));
  // The driver keeps what it compiled in a cache of its own, which a first launch finds empty.
  const env = { CUDA_CACHE_PATH: path.join(work, 'driver') };
  const started = startHost(env);
  const { host } = started;
  const preparer = startHost(env).host;
  const steps: FirstLaunch['steps'] = {};
  let checkedAt = 0;
  let withKernels = false;
  // The first model's engine is made in the process that jobs use; where that fails, in a preparing one.
  for (const each of [host, preparer]) {
    const call = each.call.bind(each);
    each.call = async (name, args) => {
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
  }
  try {
    const store = createStore();
    const shipped = { cards: [card], catalog, notices: [] };
    const setup = createSetup({
      ...{ store, host, shipped, paths, cacheDir: path.join(work, 'cache') },
      startPreparer: () => preparer,
      atOnce: 1,
    });
    await setup.start();
    // A glance at the first screen, in which the host warms up (`steps.warm`): outside the clock, without kernels and with.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const startedAt = performance.now();
    await setup.prepare();
    const preparedMs = performance.now() - startedAt;
    setup.continueSetup();
    const task = setup.gpuTask(card.id);
    if (!task) throw new Error(`${card.id} was not prepared: ${JSON.stringify(store.get().setup)}`);
    const golden = await readGolden(task.preparedDir, card, task.profile.id);
    const { width, height } = task.profile;
    await host.call('openGpu', idOf(task));
    await started.run(card, { width, height, rgb: golden.input });
    const firstPictureMs = performance.now() - startedAt;
    return { model: card.id, withKernels, checkedMs: checkedAt - startedAt, preparedMs, firstPictureMs, steps };
  } finally {
    host.stop();
    preparer.stop();
    await rm(work, { recursive: true, force: true });
  }
}

/** A model's first launches without and with shipped kernels, and what the kernels save. */
export interface FirstLaunches {
  model: string;
  /** Launches of each kind; the figures below are of the middle one, by its time to the first right picture. */
  rounds: number;
  without: FirstLaunch;
  with: FirstLaunch;
  /** Shortest and longest time to the first right picture. */
  checkedMs: { without: [number, number]; with: [number, number] };
  /** Without by with. */
  ratios: { checked: number; prepared: number; firstPicture: number };
}

/** @param without launches, at least one. @param withKernels as many. */
export function compareLaunches(without: readonly FirstLaunch[], withKernels: readonly FirstLaunch[]): FirstLaunches {
  const [bare, shipped] = [median(without), median(withKernels)];
  return {
    model: bare.model,
    rounds: without.length,
    without: bare,
    with: shipped,
    checkedMs: { without: range(without), with: range(withKernels) },
    ratios: {
      checked: bare.checkedMs / shipped.checkedMs,
      prepared: bare.preparedMs / shipped.preparedMs,
      firstPicture: bare.firstPictureMs / shipped.firstPictureMs,
    },
  };
}

function median(launches: readonly FirstLaunch[]): FirstLaunch {
  const middle = launches.toSorted((a, b) => a.checkedMs - b.checkedMs)[launches.length >> 1];
  if (!middle) throw new RangeError('Expected at least one launch');
  return middle;
}

function range(launches: readonly FirstLaunch[]): [number, number] {
  const times = launches.map(({ checkedMs }) => checkedMs);
  return [Math.min(...times), Math.max(...times)];
}
