/**
 * Puts together what several machines built (`refit build --shard`): engines and catalogs become one, byte for byte what one
 * machine would have made. The command is `refit merge`.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { EngineEntry } from '../app/catalog';
import { readEngine } from '../main/verify';
import { pathsIn, readCards, repository } from './build';
import { engineFolder, readCatalog, writeCatalog } from './catalogFile';
import type { Signing } from './sign';
import { nameOf, wantedOf } from './wanted';

export interface MergeSummary {
  out: string;
  /** Engines taken from the folders. */
  taken: string[];
  /** What no folder had, so that the catalog does not have it up to date. */
  missing: string[];
  signing: Signing;
}

/**
 * @param folders of shards, each with a catalog.json and its engines; their order does not matter.
 * @param out the folder that takes all; what is there and up to date stays.
 * @throws Error, with nothing written: an engine is damaged or of other inputs than the cards say, or two differ.
 */
export async function mergeEngines(folders: string[], out?: string, root = repository): Promise<MergeSummary> {
  const where = pathsIn(root);
  const target = engineFolder(out ? path.resolve(out) : path.dirname(where.catalogFile));
  const wanted = new Map(wantedOf(await readCards(root)).map((want) => [want.name, want]));
  const before = await readCatalog(target.catalogFile);
  const merged = new Map(
    before.engines.filter((entry) => wanted.has(nameOf(entry))).map((entry) => [nameOf(entry), entry]),
  );

  const faults: string[] = [];
  const copies = new Map<string, { from: string; to: string }>();
  for (const folder of folders.map((dir) => engineFolder(path.resolve(dir)))) {
    // A share with nothing to build leaves an empty catalog; none at all is a shard that did not run, or a wrong folder.
    if (!existsSync(folder.catalogFile)) faults.push(`${folder.catalogFile} is missing.`);
    const { engines } = await readCatalog(folder.catalogFile);
    for (const entry of engines) {
      const name = nameOf(entry);
      const fault = (words: string) => faults.push(`${name} in ${folder.dir}: ${words}`);
      if (wanted.get(name)?.inputsSha256 !== entry.inputsSha256) {
        fault('built from other inputs than the model cards here say.');
        continue;
      }
      const other = merged.get(name);
      if (other?.inputsSha256 === entry.inputsSha256 && !isSame(other, entry)) {
        fault('there is another engine of the same inputs.');
        continue;
      }
      const from = folder.engine(entry);
      const failure = await readEngine(from, entry).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (failure) fault(failure);
      merged.set(name, entry);
      copies.set(name, { from, to: target.engine(entry) });
    }
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));

  for (const { from, to } of copies.values()) await copyWhole(from, to);
  await mkdir(target.dir, { recursive: true });
  const engines = [...merged.values()];
  const signing = await writeCatalog(target.catalogFile, { ...before, engines }, where.modelsDir);
  const missing = [...wanted.values()].filter((want) => merged.get(want.name)?.inputsSha256 !== want.inputsSha256);
  return {
    out: target.dir,
    taken: [...copies.keys()].sort(),
    missing: missing.map(({ name }) => name).sort(),
    signing,
  };
}

const isSame = (a: EngineEntry, b: EngineEntry): boolean =>
  a.engineSha256 === b.engineSha256 && a.compressedBytes === b.compressedBytes && a.fullPlanBytes === b.fullPlanBytes;

async function copyWhole(from: string, to: string): Promise<void> {
  if (path.resolve(from) === path.resolve(to)) return;
  const partial = `${to}.${process.pid}.partial`;
  await mkdir(path.dirname(to), { recursive: true });
  try {
    await copyFile(from, partial);
    await rename(partial, to);
  } finally {
    await rm(partial, { force: true });
  }
}
