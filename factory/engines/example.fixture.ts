/** A small repository for tests of build and merge: model cards, networks, no engines yet; and what builds them. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { vi } from 'vitest';
import { exampleCard, temporaryFolder } from '../../main/example.fixture';
import { sha256 } from '../../storage/verify';
import { type BuildOptions, buildEngines } from './build';

/** Builds what builder.fixture.ts makes of a network; `hang` and `fail` in it are obeyed. */
export const fakeBuilder = path.join(import.meta.dirname, 'builder.fixture.ts');

/** @param networks text of each model's ONNX, by id. No signing key is at hand. */
export async function exampleRepository(networks: Record<string, string>): Promise<string> {
  const root = await temporaryFolder();
  vi.stubEnv('REFIT_SIGNING_KEY', path.join(root, 'no-key.pem'));
  for (const [id, network] of Object.entries(networks)) await putModel(root, id, network);
  return root;
}

export async function putModel(root: string, id: string, network: string): Promise<void> {
  const folder = path.join(root, 'models', id);
  const onnx = Buffer.from(network);
  const card = exampleCard(id, { onnx: { bytes: onnx.byteLength, sha256: sha256(onnx), precision: 'float16' } });
  await mkdir(path.join(folder, 'prepared'), { recursive: true });
  await writeFile(path.join(folder, 'model.json'), JSON.stringify(card));
  await writeFile(path.join(folder, 'prepared', 'model.onnx'), onnx);
}

export const build = (root: string, changes: Partial<BuildOptions> = {}) =>
  buildEngines({ root, jobs: 2, limitMs: 60_000, builder: fakeBuilder, ...changes });
