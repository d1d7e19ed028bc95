/** Provides the stripped engine of an EPContext model: one that ships, or one that is built here for TensorRT 10. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { EngineEntry, ModelCard, Profile, Target } from '../../app/catalog';
import { loadAddon } from '../../native/addon';
import type { Binding } from '../../native/binding';
import { readEngine, sha256 } from '../../storage/verify';
import { repository } from '../models/python';
import { type DevRuntime, devRuntimes } from '../tensorrt10/runtimes';

export interface StrippedEngine {
  bytes: Uint8Array;
  engineSha256: string;
  onnxSha256: string;
  profile: Profile;
  /** The runtime as a catalog names it: `tensorrt 10.6.0`. */
  runtime: string;
  /** Compute capabilities that it runs on, as ONNX Runtime's providers write them. */
  architecture: string;
}

const architectures: { [T in Target]: string } = { turing: '75', ampere: '86', ada: '89', portable: '80+' };

/** @throws AppError ENGINE_HASH_MISMATCH; Error where the card has no such profile. */
export async function shippedEngine(file: string, entry: EngineEntry, card: ModelCard): Promise<StrippedEngine> {
  const { engineSha256, onnxSha256, runtime, target } = entry;
  return {
    bytes: await readEngine(file, entry),
    engineSha256,
    onnxSha256,
    profile: profileOf(card, entry.profile),
    runtime,
    architecture: architectures[target],
  };
}

/**
 * Builds for TensorRT 10, which builds for the GPU that it runs on and for no other. Takes about a minute.
 * @throws Error where the addon of that runtime is not there, or finds no GPU or no library; NativeError of the build.
 */
export async function builtEngine(onnxFile: string, card: ModelCard, profileId: string): Promise<StrippedEngine> {
  const addon = addonOf('tensorrt-10');
  const { gpus, driver, runtime } = addon.probe(path.join(repository, devRuntimes['tensorrt-10'].libraryDir));
  for (const part of [driver, gpus, runtime]) if (part.kind === 'unknown') throw new Error(part.reason);
  const gpu = gpus.kind === 'known' ? gpus.value[0] : undefined;
  if (!gpu) throw new Error('TensorRT 10 builds for the GPU that it runs on, and there is none here.');
  const profile = profileOf(card, profileId);
  const onnx = await readFile(onnxFile);
  const shape: [number, number] = [profile.height, profile.width];
  const bytes = await addon.buildEngine(onnx, { strip: true, refit: 'identical', computeCapabilities: [], shape });
  const { major, minor } = gpu.computeCapability;
  return {
    bytes,
    engineSha256: sha256(bytes),
    onnxSha256: sha256(onnx),
    profile,
    runtime: addon.runtime,
    architecture: `${major}${minor}`,
  };
}

/** Refits the engine, which needs a GPU that it fits. @returns the plan. @throws NativeError of the refit. */
export async function withWeights({ bytes, runtime }: StrippedEngine, onnx: Uint8Array): Promise<Uint8Array> {
  const name = runtime.startsWith('tensorrt-rtx') ? 'tensorrt-rtx' : 'tensorrt-10';
  const addon = addonOf(name);
  addon.probe(path.join(repository, devRuntimes[name].libraryDir));
  return (await addon.refit(bytes, onnx)).plan;
}

function addonOf(runtime: DevRuntime): Binding {
  const file = path.join(repository, devRuntimes[runtime].addonFile);
  if (runtime === 'tensorrt-10' && !existsSync(file))
    throw new Error(
      `${file} is missing: npx tsx factory/tensorrt10/sdk.ts && npx tsx factory/tensorrt10/build.ts makes it.`,
    );
  return loadAddon(file);
}

function profileOf({ id, profiles }: ModelCard, profileId: string): Profile {
  const profile = profiles.find((each) => each.id === profileId);
  if (!profile) throw new Error(`${id} has no profile ${profileId}.`);
  return profile;
}
