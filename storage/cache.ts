/**
 * The cache keeps one entry a model between starts. `<cache>/<model>/<key>/` holds `plan.bin` (the engine with its weights),
 * `kernels.bin` (the runtime cache: compiled kernels), `record.json` (their hashes, and the race that this candidate won) and
 * `record.mac`, the record's seal.
 *
 * An entry is there whole or not at all (folder.ts). `readEntry` hands on only bytes whose hash is in a record that this user's key
 * seals. A damaged entry goes into quarantine and is made again; so does one of another GPU, driver or version. The latter comes
 * back when its key does: a card may be swapped and return.
 */
import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { EngineEntry, ModelCard } from '../app/catalog';
import { AppError } from '../app/errors';
import { formatCapability } from '../app/machine';
import { Race } from '../app/raceSchema';
import type { GpuFacts } from '../app/states';
import {
  exists,
  ForeignFolderError,
  privateFolder,
  readExactly,
  removeFolder,
  sweepTemporary,
  writeFolder,
} from './folder';
import { lockMark, lockStaleMs } from './lock';
import { bringBack, quarantine, quarantinePath, sweepReplaced } from './quarantine';
import { readBounded, readText } from './readBounded';
import { isSealed, sealOf } from './seal';
import { digest, sha256 } from './verify';

/** Everything that a plan depends on. Any difference makes another entry. */
export interface Identity {
  model: string;
  /** Hash of all candidate engines, whichever wins: another set of engines needs another race. */
  enginesSha256: string;
  onnxSha256: string;
  /** A plan opens only in the library version that made it. */
  runtime: string;
  gpuUuid: string;
  computeCapability: string;
  /** "580": kernels may differ between driver branches. */
  driverMajor: string;
  /** The race was among profiles smaller than this one, because GPU memory was short. Omitted: among all. */
  below?: string;
}

/** The identity of a model's entry on this machine. @param entries the candidates' engines, in any order. */
export function identityOf(
  card: Pick<ModelCard, 'id' | 'onnx'>,
  entries: readonly EngineEntry[],
  { gpu, driver, runtime }: GpuFacts,
): Identity {
  const engines = [...new Set(entries.map(({ engineSha256 }) => engineSha256))].sort();
  return {
    model: card.id,
    enginesSha256: sha256(Buffer.from(engines.join('\n'))),
    onnxSha256: card.onnx.sha256,
    runtime,
    gpuUuid: gpu.uuid,
    computeCapability: formatCapability(gpu.computeCapability),
    driverMajor: (driver.version ?? `cuda ${driver.cudaVersion}`).split('.')[0] ?? '',
  };
}

export interface Entry {
  /** Kept at any size: a refit was never as fast as loading the plan (docs/scale-report.md). */
  plan: Uint8Array;
  kernels: Uint8Array;
  race: Race;
}

const File = z.strictObject({ bytes: z.int().positive(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const Record = z.strictObject({
  version: z.literal(3),
  identity: z.record(z.string(), z.string()),
  plan: File,
  kernels: File,
  race: Race,
  madeAt: z.string(),
});

type Missing =
  /** `changed`: an entry of another GPU, driver or version was there and is in quarantine now. */
  | { kind: 'absent'; changed?: true }
  /** The entry could not be trusted and is in quarantine now. */
  | { kind: 'damaged'; detail: string };

export type Lookup = { kind: 'hit'; race: Race } | Missing;

/** The name of an entry's folder. */
export const entryKey = (identity: Identity): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(identity).sort()))
    .digest('hex')
    .slice(0, 32);

const entryDir = (cacheDir: string, identity: Identity): string =>
  path.join(cacheDir, identity.model, entryKey(identity));

/**
 * Finds an entry by its record alone, because a plan may have gigabytes. `readEntry` may still find its files damaged. Moves
 * damaged entries and those of another key into quarantine. Never throws.
 * @param seal the key that it must be sealed with (cacheKey.ts).
 */
export function lookUp(cacheDir: string, identity: Identity, seal = ''): Promise<Lookup> {
  return findEntry(cacheDir, identity, seal, async (dir, { plan, kernels, race }) => {
    await Promise.all([
      expectSize(path.join(dir, 'plan.bin'), plan),
      expectSize(path.join(dir, 'kernels.bin'), kernels),
    ]);
    return { race };
  });
}

/** Reads a whole entry and checks every byte of it. Otherwise as `lookUp`. */
export function readEntry(
  cacheDir: string,
  identity: Identity,
  seal = '',
): Promise<{ kind: 'hit'; entry: Entry } | Missing> {
  return findEntry(cacheDir, identity, seal, async (dir, record) => {
    const read = async (name: string, expected: z.infer<typeof File>) => {
      const bytes = await readExactly(path.join(dir, name), expected.bytes);
      if ((await digest(bytes)) !== expected.sha256) throw new Error(`${name} has changed`);
      return bytes;
    };
    const [plan, kernels] = await Promise.all([read('plan.bin', record.plan), read('kernels.bin', record.kernels)]);
    return { entry: { plan, kernels, race: record.race } };
  });
}

/** @param take reads what the caller wants of an entry. If it throws, the entry is damaged. */
async function findEntry<Found>(
  cacheDir: string,
  identity: Identity,
  seal: string,
  take: (dir: string, record: z.infer<typeof Record>) => Promise<Found>,
): Promise<({ kind: 'hit' } & Found) | Missing> {
  const dir = entryDir(cacheDir, identity);
  try {
    // Where others may write, another user could change a file between its check and its use.
    if (await exists(cacheDir)) await privateFolder(cacheDir);
  } catch (error) {
    if (error instanceof ForeignFolderError) return { kind: 'absent' };
    // A read-only disk refuses the change of mode, but its entries can still be read.
  }
  const changed = await quarantineOthers(cacheDir, identity, seal);
  await bringBack(cacheDir, dir, identity.model);
  if (!(await exists(dir))) return { kind: 'absent', ...(changed && { changed }) };
  try {
    const record = await readRecord(dir, seal);
    if (entryKey(record.identity as unknown as Identity) !== path.basename(dir))
      throw new Error('record of another entry');
    return { kind: 'hit', ...(await take(dir, record)) };
  } catch (error) {
    // If the entry is gone, another process moved it while this one was reading: nothing was damaged.
    if (!(await exists(dir))) return { kind: 'absent' };
    await quarantine(cacheDir, dir, identity.model, 'damaged').catch(() => {});
    return { kind: 'damaged', detail: String(error) };
  }
}

/** The entry that a task's session opens from. @throws AppError CACHE_DAMAGED if it is gone or damaged. */
export async function entryOf(task: {
  card: ModelCard;
  cacheDir: string;
  identity: Identity;
  cacheKey?: string;
}): Promise<Entry> {
  const found = await readEntry(task.cacheDir, task.identity, task.cacheKey);
  if (found.kind === 'hit') return found.entry;
  throw new AppError('CACHE_DAMAGED', { model: task.card.name }, found.kind === 'damaged' ? found.detail : found.kind);
}

async function expectSize(file: string, { bytes }: z.infer<typeof File>): Promise<void> {
  const { size } = await stat(file);
  if (size !== bytes) throw new Error(`${path.basename(file)} has ${size} bytes, not ${bytes}`);
}

/** A record names each candidate of the race with a reason. */
const maxRecordBytes = 2 ** 22;

/** Parses the very bytes whose seal it checked. @throws Error if this user's key did not seal them. */
async function readRecord(dir: string, seal: string): Promise<z.infer<typeof Record>> {
  const bytes = await readBounded(path.join(dir, 'record.json'), maxRecordBytes);
  const mac = await readText(path.join(dir, 'record.mac'), maxRecordBytes);
  if (!isSealed(bytes, mac, seal)) throw new Error('record.json is not as this user of this computer wrote it');
  return Record.parse(JSON.parse(bytes.toString('utf8')));
}

/**
 * Keeps an entry, atomically.
 * @param seal as in `lookUp`.
 * @throws AppError CACHE_FULL, CACHE_READ_ONLY, CACHE_NOT_OURS, CACHE_FAILED; the entry of before then stays.
 */
export async function keep(cacheDir: string, identity: Identity, entry: Entry, seal = ''): Promise<void> {
  const dir = entryDir(cacheDir, identity);
  const { plan } = entry;
  const describe = (bytes: Uint8Array) => ({ bytes: bytes.byteLength, sha256: sha256(bytes) });
  try {
    await privateFolder(cacheDir);
    const record: z.infer<typeof Record> = {
      version: 3,
      identity: { ...identity },
      plan: describe(plan),
      kernels: describe(entry.kernels),
      race: entry.race,
      madeAt: new Date().toISOString(),
    };
    const bytes = Buffer.from(`${JSON.stringify(record, null, 2)}\n`);
    const replaced = quarantinePath(cacheDir, identity.model, 'replaced', path.basename(dir));
    await writeFolder(cacheDir, dir, replaced, {
      'plan.bin': () => plan,
      'kernels.bin': () => entry.kernels,
      'record.json': () => bytes,
      'record.mac': () => Buffer.from(sealOf(bytes, seal), 'latin1'),
    });
  } catch (error) {
    throw cacheError(error, cacheDir, plan.byteLength + entry.kernels.byteLength);
  }
}

/** Cleans up after killed processes: temporary folders, half done replacements, stale locks. Never throws. */
export async function sweep(cacheDir: string, isAlive?: (pid: number) => boolean): Promise<void> {
  await sweepTemporary(cacheDir, isAlive);
  await sweepReplaced(cacheDir);
  for (const name of await readdir(cacheDir).catch(() => [] as string[])) {
    if (!name.startsWith(lockMark)) continue;
    const lock = path.join(cacheDir, name);
    const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Date.now() }));
    // A lock from the future is stale too: the clock was set back since.
    if (Math.abs(Date.now() - mtimeMs) > lockStaleMs) await rm(lock, { recursive: true, force: true }).catch(() => {});
  }
}

/** The lock under which a model's entry is made. */
export const entryLock = (cacheDir: string, identity: Identity): string =>
  path.join(cacheDir, `${lockMark}${identity.model}-${entryKey(identity)}`);

/** @returns whether it moved any. */
async function quarantineOthers(cacheDir: string, identity: Identity, seal: string): Promise<true | undefined> {
  const folder = path.join(cacheDir, identity.model);
  const key = entryKey(identity);
  let changed: true | undefined;
  for (const name of await readdir(folder).catch(() => [] as string[]))
    if (name !== key && !(await isSibling(path.join(folder, name), identity, seal))) {
      await quarantine(cacheDir, path.join(folder, name), identity.model, 'other').catch(() => {});
      changed = true;
    }
  return changed;
}

/**
 * Whether an entry may stay beside the one looked up: other weights in the same engines, which a person can switch back to at
 * once (versions.ts), or smaller tiles for when memory is short.
 */
async function isSibling(dir: string, identity: Identity, seal: string): Promise<boolean> {
  try {
    const { identity: other } = await readRecord(dir, seal);
    return entryKey(common(other as unknown as Identity)) === entryKey(common(identity));
  } catch {
    return false;
  }
}

const common = ({ below: _, ...identity }: Identity): Identity => ({ ...identity, onnxSha256: '' });

/** Removes the entry of weights that were removed. */
export async function forget(cacheDir: string, identity: Identity): Promise<void> {
  await removeFolder(cacheDir, entryDir(cacheDir, identity));
}

function cacheError(error: unknown, folder: string, neededBytes: number): AppError {
  const code = (error as NodeJS.ErrnoException).code;
  const detail = String(error);
  if (error instanceof ForeignFolderError) return new AppError('CACHE_NOT_OURS', { folder }, detail);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppError('CACHE_FULL', { neededBytes }, detail);
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM')
    return new AppError('CACHE_READ_ONLY', { folder }, detail);
  return new AppError('CACHE_FAILED', { folder }, detail);
}
