/**
 * Opens engines of the app's cache in this process, to run the bare loop of each, and to choose which of a model's profiles the app uses
 * from its next start on.
 */
import os from 'node:os';
import path from 'node:path';
import { isTimed, keyOf, nameOf, sameKey } from '../../app/race';
import { openRig } from '../../factory/engines/rig';
import type { GpuTask } from '../../host/protocol';
import { refit } from '../../host/refit';
import { openOnnx } from '../../host/sessions/onnx';
import { openGpu } from '../../host/sessions/session';
import { paths } from '../../main/paths';
import { candidatesOf } from '../../main/setup/candidates';
import { readShipped } from '../../main/setup/shipped';
import { loadPixels } from '../../native/pixels';
import { keep, readEntry } from '../../storage/cache';
import { cacheKey } from '../../storage/cacheKey';
import { readEngine, readOnnx } from '../../storage/verify';

export interface Engines {
  gpu: string;
  driver: string;
  /** Profiles that a model's candidates have here. */
  profiles(model: string): string[];
  /** Makes the app, which must not run, use a profile of a model from its next start on. */
  take(model: string, profile: string): Promise<void>;
  /** Opens the engine that the app uses. */
  open(model: string): Promise<Bare>;
}

export interface Bare {
  profile: string;
  /** Runs the bare loop for about a second. @returns tiles a second. */
  measure(): Promise<number>;
  close(): Promise<void>;
}

/** @param userData of an app that has prepared. @throws Error where no GPU serves. */
export async function openEngines(userData: string): Promise<Engines> {
  const { rig, cards, catalog } = await openRig();
  const { key, folder } = await cacheKey(userData);
  const cacheDir = path.join(folder, 'engines');

  function tasksOf(model: string): GpuTask[] {
    const card = cards.find(({ id }) => id === model);
    if (!card) throw new Error(`No model ${model}`);
    return candidatesOf(card, rig, catalog, rig.paths, cacheDir, key);
  }

  async function entryOf(model: string) {
    const tasks = tasksOf(model);
    const first = tasks[0];
    if (!first) throw new Error(`No engine of ${model} fits this GPU`);
    const found = await readEntry(cacheDir, first.identity, key);
    if (found.kind !== 'hit') throw new Error(`The app has prepared no ${model} in ${cacheDir}: ${found.kind}`);
    const winner = tasks.find((task) => sameKey(keyOf(task), found.entry.race.winner));
    if (!winner) throw new Error(`The entry of ${model} is of no candidate`);
    return { ...found.entry, tasks, winner };
  }

  return {
    gpu: rig.gpu.name,
    driver: rig.driver.version ?? 'unknown',
    profiles: (model) => [...new Set(tasksOf(model).map(({ profile }) => profile.id))],
    async take(model, profile) {
      const { tasks, winner, race } = await entryOf(model);
      if (winner.profile.id === profile) return;
      const timed = race.rows.filter(isTimed).sort((a, b) => b.result.usefulPerSecond - a.result.usefulPerSecond);
      const fastest = timed.find((row) => row.profile === profile);
      const task = tasks.find((each) => (fastest ? sameKey(keyOf(each), fastest) : each.profile.id === profile));
      if (!task) throw new Error(`${model} has no engine of ${profile}`);
      const { card, entry, engineFile, onnxFile, gpu, cudaGraph } = task;
      const [engine, onnx] = await Promise.all([readEngine(engineFile, entry), readOnnx(onnxFile, card)]);
      const again = entry.flags.includes('REFIT');
      const { plan } = await refit(rig.binding, card.name, engine, onnx, gpu, () => {}, again);
      const session = await openGpu(rig.binding, card, task.profile, { plan }, gpu, cudaGraph);
      await session.native.measure(1);
      const kernels = session.native.runtimeCache();
      await session.close();
      await keep(cacheDir, task.identity, { plan, kernels, race: { ...race, winner: keyOf(task) } }, key);
      console.log(`  ${model}: the app takes ${nameOf(keyOf(task))} from now on`);
    },
    async open(model) {
      const { plan, kernels, winner } = await entryOf(model);
      const { card, profile, gpu, cudaGraph } = winner;
      const session = await openGpu(rig.binding, card, profile, { plan, kernels }, gpu, cudaGraph);
      return {
        profile: profile.id,
        async measure() {
          // Brings an idle GPU's clocks up, and says how many make a second.
          const { tilesPerSecond } = await session.native.measure(20);
          return (await session.native.measure(Math.max(20, Math.round(tilesPerSecond)))).tilesPerSecond;
        },
        close: () => session.close(),
      };
    },
  };
}

/** The processor in the place of a GPU, so that the script can be tried where there is none. */
export async function openProcessor(): Promise<Engines> {
  const where = paths(path.resolve(import.meta.dirname, '..', '..'), false);
  const { cards } = await readShipped(where, null);
  const cardOf = (model: string) => {
    const card = cards.find(({ id }) => id === model);
    if (!card) throw new Error(`No model ${model}`);
    return { card, profile: card.flow.kind === 'tiles' ? `tile${card.flow.cpuTile}` : (card.profiles[0]?.id ?? '') };
  };
  return {
    gpu: `none; ${os.cpus()[0]?.model ?? 'a processor'}`,
    driver: 'none',
    profiles: (model) => [cardOf(model).profile],
    take: async () => {},
    async open(model) {
      const { card, profile } = cardOf(model);
      const onnx = await readOnnx(where.prepared(model, 'model.onnx'), card);
      const session = await openOnnx(card, onnx, 'cpu', () => loadPixels(where.pixels));
      const tile = new Uint8Array(session.width * session.height * 3);
      return {
        profile,
        async measure() {
          await session.run(tile);
          const startedAt = performance.now();
          let count = 0;
          do {
            await session.run(tile);
            count++;
          } while (performance.now() - startedAt < 1000);
          return (count * 1000) / (performance.now() - startedAt);
        },
        close: () => session.close(),
      };
    },
  };
}
