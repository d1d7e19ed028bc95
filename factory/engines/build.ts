/**
 * Builds every stripped engine that is out of date. Needs a GPU that the runtime supports. The command is `refit build`
 * (factory/cli/build.ts).
 *
 * Builds are slow and bound by the CPU, so as many run side by side as there are cores, each in a process of its own. The
 * catalog is written after each, so a run that was cut off goes on where it was.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Catalog, EngineEntry } from '../../app/catalog';
import { engineFile } from '../../app/engineFile';
import { readShipped } from '../../main/setup/shipped';
import { sentenceOf, wordsOf } from '../../words/errors';
import { type EngineFolder, engineFolder, readCatalog, writeCatalog } from './catalogFile';
import { type BuildAnswer, type BuildTask, pathsIn, repository, runBuild } from './runBuild';
import type { Signing } from './sign';
import { baseTarget, loosenTails, packTails, recoverEngine } from './tails';
import { computeCapabilities, engineName, entryOf, type Shard, shareOf, type Wanted, wantedOf } from './wanted';

export { type BuildTask, computeCapabilities, pathsIn, repository };

export interface BuildOptions {
  /** Builds side by side. */
  jobs: number;
  /** Limit for one engine, including its full plan. */
  limitMs: number;
  /** Name of the engine library; the default one where omitted. Engines of others stay. */
  runtime?: string;
  /** Only engines whose `model/profile/target` has this in it. */
  only?: string;
  shard?: Shard;
  /** Where catalog and engines go; the repository's `engines/` where omitted. What is up to date there stays. */
  out?: string;
  /** Says what would be built, and builds nothing. */
  dryRun?: boolean;
  /** The repository, and the script that builds one engine: for tests. */
  root?: string;
  builder?: string;
  on?: (event: BuildEvent) => void;
}

export type BuildEvent =
  | { kind: 'plan'; upToDate: number; todo: string[] }
  | { kind: 'started'; engine: string }
  | { kind: 'progress'; engine: string; fraction: number }
  | { kind: 'built'; engine: string; answer: BuildAnswer }
  | { kind: 'failed'; engine: string; reason: string };

export interface BuildSummary {
  out: string;
  upToDate: number;
  /** What was built; in a dry run, what would be. */
  built: string[];
  failed: { engine: string; reason: string }[];
  /** Of the catalog as it is now; null in a dry run. */
  signing: Signing | null;
}

/** @throws Error if a card or the catalog is unreadable. The summary says why a build failed. */
export async function buildEngines(options: BuildOptions): Promise<BuildSummary> {
  const { root = repository, on = () => {} } = options;
  const where = pathsIn(root);
  const home = engineFolder(path.dirname(where.catalogFile));
  const out = options.out ? engineFolder(path.resolve(options.out)) : home;
  const all = wantedOf(await readCards(root), options.runtime);
  const share = options.shard ? shareOf(all, options.shard) : all;

  let catalog = await readCatalog(out.catalogFile);
  const homeCatalog = await readCatalog(home.catalogFile);
  const todo: Wanted[] = [];
  let upToDate = 0;
  for (const want of share) {
    if (options.only && !want.name.includes(options.only)) continue;
    const isBuilt = (await isCurrent(want, catalog, out)) || (await isCurrent(want, homeCatalog, home));
    if (isBuilt) upToDate += 1;
    else todo.push(want);
  }
  on({ kind: 'plan', upToDate, todo: todo.map(({ name }) => name) });
  const summary: BuildSummary = { out: out.dir, upToDate, built: [], failed: [], signing: null };
  if (options.dryRun) return { ...summary, built: todo.map(({ name }) => name) };

  // Engines that no card asks for any more go, of whichever library; one that is out of date stays until its successor is built.
  const names = new Set(all.map(({ name }) => name));
  const keep = (engines: EngineEntry[]) => engines.filter((entry) => names.has(engineName(entry)));
  let writing = Promise.resolve();
  const enter = (entry?: EngineEntry): Promise<void> => {
    const others = keep(catalog.engines).filter((old) => !entry || engineFile(old) !== engineFile(entry));
    catalog = { ...catalog, engines: entry ? [...others, entry] : others };
    const entered = catalog;
    // Two builds may end at once, so the catalog's writes wait for one another.
    writing = writing.then(async () => {
      summary.signing = await writeCatalog(out.catalogFile, entered, where.modelsDir);
    });
    return writing;
  };

  await mkdir(out.dir, { recursive: true });
  const save = async (changed: Catalog): Promise<void> => {
    catalog = changed;
    await enter();
  };
  const newBases = todo.filter(({ target }) => target === baseTarget).map(({ file }) => file);
  await loosenTails(out, catalog, newBases, save);
  const build = async (want: Wanted): Promise<void> => {
    const { name: engine, card, profile, target } = want;
    on({ kind: 'started', engine });
    try {
      const answer = await runBuild(want, out, options);
      const { buildMs, fullBuildMs, ...sizes } = answer;
      const { runtime, flags, inputsSha256 } = want;
      const key = { model: card.id, profile: profile.id, target };
      await enter({ ...key, runtime, flags, onnxSha256: card.onnx.sha256, inputsSha256, ...sizes });
      summary.built.push(engine);
      on({ kind: 'built', engine, answer });
    } catch (error) {
      const reason = sentenceOf(error);
      summary.failed.push({ engine, reason });
      on({ kind: 'failed', engine, reason });
    }
  };
  const lane = async (): Promise<void> => {
    for (let want = todo.shift(); want; want = todo.shift()) await build(want);
  };
  await Promise.all(Array.from({ length: options.jobs }, lane));
  await enter();
  // A share's engines stay as they are: `merge` packs them, beside a base that another share may have built.
  if (!options.shard) await packTails(out, catalog, save);
  return summary;
}

/** @throws Error with every fault: a card that does not parse is a fault of the repository. */
export async function readCards(root: string) {
  const { cards, notices } = await readShipped(pathsIn(root), null);
  const faults = notices.filter(({ code }) => code !== 'FILE_MISSING');
  if (faults.length > 0)
    throw new Error(faults.map((fault) => `${wordsOf(fault).message}\n${fault.detail}`).join('\n'));
  return cards;
}

async function isCurrent(want: Wanted, catalog: Catalog, folder: EngineFolder): Promise<boolean> {
  const entry = entryOf(catalog, want);
  if (entry?.inputsSha256 !== want.inputsSha256) return false;
  return recoverEngine(folder, entry, catalog).then(
    () => true,
    () => false,
  );
}
