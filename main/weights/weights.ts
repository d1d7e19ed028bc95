/** New weights for installed models: installs weight packs, switches between versions, compares them. One thing at a time. */
import { AppError } from '../../app/errors';
import type { Comparison, GpuTask, HostCalls, TaskId, UpdateFigures } from '../../host/protocol';
import { forget } from '../../storage/cache';
import type { Host } from '../hosts/host';
import { idOf } from '../setup/candidates';
import { openPack } from './pack';
import type { Version, Versions } from './versions';

export interface Installed {
  model: string;
  version: Version;
  /** Where a cached plan was refitted in place; without a GPU there are none. */
  figures?: UpdateFigures;
}

export interface Weights {
  /**
   * Verifies a pack, lays its version beside the others, makes its engine on the GPU out of the cached one, and chooses it.
   * Where any of it fails, everything is as it was.
   * @param folder the pack.
   * @throws AppError PACK_REFUSED, PLAN_WRONG, and what refitting and keeping throw.
   */
  install(folder: string): Promise<Installed>;
  /** Uses another version from now on; its plan is there already, so nothing is made. */
  choose(model: string, onnxSha256: string): Promise<void>;
  /**
   * The same picture through two versions. Both must have been prepared on the GPU.
   * @throws AppError GPU_NONE, MODEL_MISSING, and what opening and running throw.
   */
  compare(model: string, versions: [string, string], pictures: Comparison): Promise<HostCalls['compare']['result']>;
}

/**
 * @param gpuTask the model's work with the chosen version, undefined where the processor has it (setup.ts).
 * @param changed called after another version was chosen, to look at the cache again. @param key who signs packs.
 */
export function createWeights(
  versions: Versions,
  hosts: { gpu: Host; webgpu?: Host; cpu?: Host },
  gpuTask: (model: string) => GpuTask | undefined,
  changed: () => Promise<void>,
  key: string,
): Weights {
  let last: Promise<unknown> = Promise.resolve();
  const oneAtATime = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };

  /** Set-up tells them of the chosen versions alone. */
  function tellHosts(): void {
    const models = versions.files();
    hosts.gpu.configure({ models });
    hosts.webgpu?.configure({ models });
    hosts.cpu?.configure({ models });
  }

  async function install(folder: string): Promise<Installed> {
    const pack = await openPack(folder, key);
    const { model, from, to, tensors } = pack.manifest;
    const task = gpuTask(model);
    const wasThere = versions.of(model).some(({ onnx }) => onnx.sha256 === to.onnxSha256);
    const version = await versions.install(pack);
    tellHosts();
    let figures: UpdateFigures | undefined;
    if (task) {
      const next = versions.taskWith(task, version.onnx.sha256);
      try {
        figures = await makeEngine(next, from.onnxSha256, tensors);
      } catch (error) {
        // One that is installed once more keeps the entry that it had.
        if (!wasThere) {
          await forget(next.cacheDir, next.identity);
          await versions.remove(model, version.onnx.sha256);
        }
        throw error;
      }
    }
    await use(model, version.onnx.sha256);
    return { model, version, ...(figures && { figures }) };
  }

  /** In place where the version before has a plan that takes weights; else from the stripped engine. */
  async function makeEngine(
    task: GpuTask,
    fromSha256: string,
    tensors: { name: string; offset: number; bytes: number }[],
  ): Promise<UpdateFigures | undefined> {
    const updated = await hosts.gpu.call('update', { ...idOf(task), fromSha256, tensors });
    if (updated.kind === 'updated') return updated.figures;
    // An engine that was built for one set of weights gives wrong pictures with any other.
    if (!task.entry.flags.includes('REFIT'))
      throw new AppError('REFIT_FAILED', { model: task.card.name }, `not built for other weights; ${updated.why}`);
    for (const verb of ['verify', 'refit', 'check', 'keep'] as const) await hosts.gpu.call(verb, idOf(task));
    return undefined;
  }

  async function use(model: string, onnxSha256: string): Promise<void> {
    await versions.choose(model, onnxSha256);
    // Said, not asked: a host that does not run has nothing open.
    hosts.gpu.tell('release', { model });
    hosts.webgpu?.tell('release', { model });
    hosts.cpu?.tell('release', { model });
    await changed();
  }

  return {
    install: (folder) => oneAtATime(() => install(folder)),
    choose: (model, onnxSha256) => oneAtATime(() => use(model, onnxSha256)),
    compare: (model, [one, other], pictures) =>
      oneAtATime(async () => {
        const task = gpuTask(model);
        if (!task) throw new AppError('GPU_NONE', {});
        const idWith = (onnxSha256: string): TaskId => idOf(versions.taskWith(task, onnxSha256));
        const compared: [TaskId, TaskId] = [idWith(one), idWith(other)];
        tellHosts();
        return hosts.gpu.call('compare', { versions: compared, ...pictures });
      }),
  };
}
