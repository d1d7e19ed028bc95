/** One engine, built in a process of its own and put in its place. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type EngineEntry, sha256 } from '../../app/catalog';
import { paths } from '../../main/paths';
import type { BuildOptions } from './build';
import type { EngineFolder } from './catalogFile';
import { computeCapabilities, type Wanted } from './wanted';
import { runWork } from './work';

export const repository = path.resolve(import.meta.dirname, '..', '..');
/** Where a repository has its cards, addon, libraries and engines. */
export const pathsIn = (root: string) => paths(root, false);

/** What one build process is told. */
export interface BuildTask {
  addon: string;
  libraries: string;
  onnxFile: string;
  engineFile: string;
  shape: [height: number, width: number];
  computeCapabilities: number[];
  /** As the catalog names them. */
  flags?: EngineEntry['flags'];
}

/** Its answer. */
export const BuildAnswer = z.strictObject({
  engineSha256: sha256,
  strippedBytes: z.int().positive(),
  compressedBytes: z.int().positive(),
  fullPlanBytes: z.int().positive(),
  buildMs: z.number(),
  fullBuildMs: z.number(),
});
export type BuildAnswer = z.infer<typeof BuildAnswer>;

type RunOptions = Pick<BuildOptions, 'root' | 'builder' | 'limitMs' | 'on'>;

/** Builds into a file beside the engine's place; only a whole engine moves there. */
export async function runBuild(
  want: Wanted,
  out: EngineFolder,
  { root = repository, builder = path.join(import.meta.dirname, 'buildOne.ts'), limitMs, on }: RunOptions,
): Promise<BuildAnswer> {
  const { name: engine, runtime, card, profile, target, flags } = want;
  const where = pathsIn(root);
  const file = out.engine({ model: card.id, profile: profile.id, runtime, target });
  const partial = `${file}.${process.pid}.partial`;
  await mkdir(path.dirname(file), { recursive: true });
  await removePartials(file);
  const task: BuildTask = {
    addon: where.addon(runtime),
    libraries: where.libraries(runtime),
    onnxFile: where.prepared(card.id, 'model.onnx'),
    engineFile: partial,
    shape: [profile.height, profile.width],
    computeCapabilities: computeCapabilities[target],
    flags,
  };
  try {
    const onProgress = (fraction: number) => on?.({ kind: 'progress', engine, fraction });
    const answer = await runWork({ script: builder, task, answer: BuildAnswer, limitMs, onProgress });
    await rename(partial, file);
    return answer;
  } finally {
    await rm(partial, { force: true });
  }
}

/** Removes what a killed run left of this engine. */
async function removePartials(file: string): Promise<void> {
  const [folder, name] = [path.dirname(file), path.basename(file)];
  for (const other of await readdir(folder))
    if (other.startsWith(`${name}.`) && other.endsWith('.partial')) await rm(path.join(folder, other), { force: true });
}
