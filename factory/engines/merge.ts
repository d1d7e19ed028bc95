/**
 * Puts together what several machines built (`refit build --shard`): engines and catalogs become one, byte for byte what one
 * machine would have made. The command is `refit merge`.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Catalog, EngineEntry } from '../../app/catalog';
import { engineFile } from '../../app/engineFile';
import { runtimesIn } from '../../app/runtimes';
import { readEngine } from '../../storage/verify';
import { sentenceOf } from '../../words/errors';
import { pathsIn, readCards, repository } from './build';
import { type EngineFolder, engineFolder, readCatalog, writeCatalog } from './catalogFile';
import type { Signing } from './sign';
import { loosenTails, packFast, packTails, recoverEngine } from './tails';
import { engineName, wantedOf } from './wanted';

export interface MergeSummary {
  out: string;
  /** Engines taken from the folders. */
  taken: string[];
  /** Engines that no folder had: the catalog lacks them, or has older ones. */
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
  const cards = await readCards(root);
  const before = await readCatalog(target.catalogFile);
  const shards = await Promise.all(
    folders
      .map((dir) => engineFolder(path.resolve(dir)))
      .map(async (folder) => ({ folder, catalog: await readCatalog(folder.catalogFile) })),
  );
  const brought = runtimesIn({ engines: shards.flatMap(({ catalog }) => catalog.engines) });
  const runtimes = new Set([...brought, ...runtimesIn(before)]);
  const wanted = new Map([...runtimes].flatMap((name) => wantedOf(cards, name)).map((want) => [want.file, want]));
  const merged = new Map(
    before.engines.filter((entry) => wanted.has(engineFile(entry))).map((entry) => [engineFile(entry), entry]),
  );

  const faults: string[] = [];
  const copies = new Map<string, { entry: EngineEntry; folder: EngineFolder; catalog: Catalog }>();
  for (const { folder, catalog } of shards) {
    // A share with nothing to build leaves an empty catalog. No catalog means a shard that did not run, or a wrong folder.
    if (!existsSync(folder.catalogFile)) faults.push(`${folder.catalogFile} is missing.`);
    for (const entry of catalog.engines) {
      const name = engineFile(entry);
      const fault = (words: string) => faults.push(`${engineName(entry)} in ${folder.dir}: ${words}`);
      if (wanted.get(name)?.inputsSha256 !== entry.inputsSha256) {
        fault('built from other inputs than the model cards here say.');
        continue;
      }
      const other = merged.get(name);
      if (other?.inputsSha256 === entry.inputsSha256 && !isSame(other, entry)) {
        fault('there is another engine of the same inputs.');
        continue;
      }
      const failure = await recoverEngine(folder, entry, catalog).then(() => undefined, sentenceOf);
      if (failure) fault(failure);
      merged.set(name, entry);
      copies.set(name, { entry, folder, catalog });
    }
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));

  await mkdir(target.dir, { recursive: true });
  let signing: Signing | undefined;
  const save = async (catalog: Catalog): Promise<Signing> => {
    signing = await writeCatalog(target.catalogFile, catalog, where.modelsDir);
    return signing;
  };
  const kept = await loosenTails(target, before, [...copies.keys()], save);
  const others = kept.engines.filter((entry) => wanted.has(engineFile(entry)) && !copies.has(engineFile(entry)));
  const taken: EngineEntry[] = [];
  for (const { entry, folder, catalog } of copies.values()) taken.push(await take(target, entry, folder, catalog));
  const placed = { ...before, engines: [...others, ...taken] };
  const signedFirst = await save(placed);
  await packTails(target, placed, save);
  const missing = [...wanted.values()].filter(
    ({ runtime, file, inputsSha256 }) => brought.includes(runtime) && merged.get(file)?.inputsSha256 !== inputsSha256,
  );
  return {
    out: target.dir,
    taken: taken.map(engineName).sort(),
    missing: missing.map(({ name }) => name).sort(),
    signing: signing ?? signedFirst,
  };
}

const isSame = (a: EngineEntry, b: EngineEntry): boolean =>
  a.engineSha256 === b.engineSha256 && a.fullPlanBytes === b.fullPlanBytes;

/** Puts an engine into a folder, as a stream of its own. @returns its entry there. */
async function take(
  target: EngineFolder,
  entry: EngineEntry,
  folder: EngineFolder,
  catalog: Catalog,
): Promise<EngineEntry> {
  const [from, to] = [folder.engine(entry), target.engine(entry)];
  const { base, ...alone } = entry;
  await mkdir(path.dirname(to), { recursive: true });
  // A killed build may have left a tail whose entry still says that it stands alone.
  const isWhole =
    !base &&
    (await readEngine(from, entry).then(
      () => true,
      () => false,
    ));
  if (!isWhole) {
    const bytes = await packFast(await recoverEngine(folder, entry, catalog));
    await writeFileAtomic(to, bytes);
    return { ...alone, compressedBytes: bytes.byteLength };
  }
  if (path.resolve(from) !== path.resolve(to)) await copyWhole(from, to);
  return entry;
}

async function copyWhole(from: string, to: string): Promise<void> {
  const partial = `${to}.${process.pid}.partial`;
  try {
    await copyFile(from, partial);
    await rename(partial, to);
  } finally {
    await rm(partial, { force: true });
  }
}
