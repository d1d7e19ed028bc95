/** A small repository for tests of build and merge: model cards, networks, no engines yet; and what builds them. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, vi } from 'vitest';
import { buildEntry } from '../../main/build.fixture';
import { exampleCard, temporaryFolder } from '../../main/example.fixture';
import { sha256 } from '../../storage/verify';
import { type BuildOptions, buildEngines } from './build';

/** Builds what builder.fixture.ts makes of a network; `hang` and `fail` in it are obeyed. Translated once for a file's tests. */
export let fakeBuilder: string;
beforeAll(async () => {
  fakeBuilder = await buildEntry('factory/engines/builder.fixture', `builder-${process.pid}`);
  return () => rm(path.dirname(fakeBuilder), { recursive: true, force: true });
});

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
