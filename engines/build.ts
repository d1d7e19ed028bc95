/**
 * Builds every stripped engine that is out of date: model × profile × target. Needs a GPU that the runtime supports.
 *
 *   npm run engines -- [--jobs N] [--timeout SECONDS] [--only TEXT]
 *
 * One process a build: after a failed target the library stays poisoned in its process. Builds are slow and bound by
 * the CPU, so as many run side by side as there are cores; the catalog is written after each, so a run that is cut off
 * goes on where it was.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  type Catalog,
  type EngineEntry,
  engineFile,
  engineFlags,
  type ModelCard,
  type Profile,
  type Target,
  targets,
} from '../app/catalog';
import { paths } from '../main/paths';
import { readShipped } from '../main/shipped';
import { readEngine } from '../main/verify';

/** What the library is asked to build for, by target; none: its default, the portable engine. */
export const computeCapabilities: { [T in Target]: number[] } = { turing: [75], ampere: [86], ada: [89], portable: [] };
const runtime = 'tensorrt-rtx 1.6.1';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const shippedPaths = paths(root, false);

/** What one build process is told, as its only argument, and what it answers on its standard output. */
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
export interface BuildAnswer {
  engineSha256: string;
  strippedBytes: number;
  compressedBytes: number;
  fullPlanBytes: number;
  buildMs: number;
  fullBuildMs: number;
}

interface Wanted {
  card: ModelCard;
  profile: Profile;
  target: Target;
  inputsSha256: string;
}

function wanted(cards: ModelCard[]): Wanted[] {
  return cards.flatMap((card) =>
    card.profiles.flatMap((profile) =>
      targets.map((target) => {
        const { height, width } = profile;
        const inputs = {
          onnx: card.onnx.sha256,
          runtime,
          flags: engineFlags(card),
          height,
          width,
          capabilities: computeCapabilities[target],
        };
        const inputsSha256 = createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
        return { card, profile, target, inputsSha256 };
      }),
    ),
  );
}

const isEntryOf = (want: Wanted) => (entry: EngineEntry) =>
  entry.model === want.card.id && entry.profile === want.profile.id && entry.target === want.target;

async function isCurrent(want: Wanted, catalog: Catalog): Promise<boolean> {
  const entry = catalog.engines.find(isEntryOf(want));
  if (entry?.inputsSha256 !== want.inputsSha256) return false;
  return readEngine(shippedPaths.engine(entry), entry).then(
    () => true,
    () => false,
  );
}

function buildInProcess(task: BuildTask, timeoutMs: number): Promise<BuildAnswer> {
  return new Promise((resolve, reject) => {
    const script = path.join(root, 'engines', 'buildOne.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(task)], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(out) as BuildAnswer);
      else if (signal) reject(new Error(`stopped after ${timeoutMs / 1000} s`));
      else reject(new Error(err.trim().split('\n').slice(-12).join('\n')));
    });
  });
}

/** Entries in a fixed order, so that the same builds give the same catalog whoever finished first. */
async function writeCatalog(engines: EngineEntry[], cards: ModelCard[]): Promise<void> {
  const rank = (entry: EngineEntry): number => {
    const card = cards.findIndex(({ id }) => id === entry.model);
    const profile = cards[card]?.profiles.findIndex(({ id }) => id === entry.profile) ?? 0;
    return card * 10_000 + profile * 100 + targets.indexOf(entry.target);
  };
  const catalog: Catalog = { version: 1, engines: [...engines].sort((a, b) => rank(a) - rank(b)) };
  await writeFile(shippedPaths.catalogFile, `${JSON.stringify(catalog, null, 2)}\n`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { jobs: { type: 'string' }, timeout: { type: 'string' }, only: { type: 'string' } },
  });
  const { cards, catalog, notices } = await readShipped(shippedPaths);
  // No catalog yet is how it starts; a card that does not parse is a fault of the repository.
  const faults = notices.filter(({ code }) => code !== 'FILE_MISSING');
  if (faults.length > 0) throw new Error(faults.map((fault) => `${fault.message}\n${fault.detail}`).join('\n'));

  const all = wanted(cards);
  let engines = catalog.engines.filter((entry) => all.some((want) => isEntryOf(want)(entry)));
  const todo: Wanted[] = [];
  for (const want of all) {
    const name = `${want.card.id}/${want.profile.id}/${want.target}`;
    if ((await isCurrent(want, catalog)) || (values.only && !name.includes(values.only))) continue;
    todo.push(want);
  }
  // Longest first: the largest networks decide when all are done.
  todo.sort((a, b) => b.card.onnx.bytes - a.card.onnx.bytes || b.profile.width - a.profile.width);
  console.log(`${all.length - todo.length} of ${all.length} engines are up to date`);

  const failures: string[] = [];
  const build = async (want: Wanted): Promise<void> => {
    const { card, profile, target, inputsSha256 } = want;
    const key = { model: card.id, profile: profile.id, target };
    const file = shippedPaths.engine(key);
    await mkdir(path.dirname(file), { recursive: true });
    try {
      const { buildMs, fullBuildMs, ...sizes } = await buildInProcess(
        {
          addon: shippedPaths.addon(runtime),
          libraries: shippedPaths.libraries,
          onnxFile: shippedPaths.prepared(card.id, 'model.onnx'),
          engineFile: file,
          shape: [profile.height, profile.width],
          computeCapabilities: computeCapabilities[target],
          flags: engineFlags(card),
        },
        Number(values.timeout ?? 1800) * 1000,
      );
      const entry: EngineEntry = {
        ...key,
        runtime,
        flags: engineFlags(card),
        onnxSha256: card.onnx.sha256,
        inputsSha256,
        ...sizes,
      };
      engines = [...engines.filter((old) => !isEntryOf(want)(old)), entry];
      await writeCatalog(engines, cards);
      console.log(
        `${engineFile(key)}: stripped ${sizes.strippedBytes} → ${sizes.compressedBytes} bytes in ` +
          `${(buildMs / 1000).toFixed(0)} s (full plan ${sizes.fullPlanBytes} bytes in ${(fullBuildMs / 1000).toFixed(1)} s)`,
      );
    } catch (error) {
      failures.push(`${engineFile(key)}: ${error instanceof Error ? error.message : error}`);
      console.error(failures.at(-1));
    }
  };

  const lane = async (): Promise<void> => {
    for (let want = todo.shift(); want; want = todo.shift()) await build(want);
  };
  await Promise.all(Array.from({ length: Number(values.jobs ?? availableParallelism()) }, lane));
  await writeCatalog(engines, cards);
  console.log(failures.length === 0 ? 'all engines are built' : `${failures.length} failed:\n${failures.join('\n')}`);
  return failures.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
