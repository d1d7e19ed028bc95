/**
 * What is kept between starts: one entry a model, `<cache>/<model>/<key>/` with `plan.bin` (the engine with its weights),
 * `kernels.bin` (the runtime cache: compiled kernels) and `record.json` (what they are, their hashes, and the race that this
 * candidate won).
 *
 * An entry is written to a temporary folder, synced and renamed, so it is there whole or not at all. It is read only if
 * its hashes hold. One that is damaged, or whose key is another GPU's, driver's or version's, is moved to `<cache>/aside`
 * and made again; one set aside for its key alone comes back when the key does (a card that was swapped and returns).
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { EngineEntry, ModelCard } from '../app/catalog';
import { AppError } from '../app/errors';
import { formatCapability } from '../app/machine';
import { Race } from '../app/race';
import type { GpuFacts } from '../app/states';
import { sha256 } from './verify';

/** Everything that a plan depends on; any difference is another entry. */
export interface Identity {
  model: string;
  /** Of the engines that are candidates here, whichever wins: where others ship, the race is run again. */
  enginesSha256: string;
  onnxSha256: string;
  /** A plan opens in no other version of the library, so one of another never gets as far as that. */
  runtime: string;
  gpuUuid: string;
  computeCapability: string;
  /** Kernels may differ between driver branches, so the major is part of it: "580". */
  driverMajor: string;
  /** Only of profiles smaller than this one, for want of GPU memory; omitted: of all. */
  below?: string;
}

/** What a model's engine on this machine depends on. @param entries the candidates' engines, in any order. */
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
  plan: Uint8Array;
  kernels: Uint8Array;
  race: Race;
}

const File = z.strictObject({ bytes: z.int().positive(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const Record = z.strictObject({
  version: z.literal(2),
  identity: z.record(z.string(), z.string()),
  plan: File,
  kernels: File,
  race: Race,
  madeAt: z.string(),
});

export type Lookup =
  | { kind: 'hit'; entry: Entry }
  | { kind: 'absent' }
  /** It was there and could not be trusted; it has been set aside. */
  | { kind: 'damaged'; detail: string };

export const entryKey = (identity: Identity): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(identity).sort()))
    .digest('hex')
    .slice(0, 32);

const entryDir = (cacheDir: string, identity: Identity): string =>
  path.join(cacheDir, identity.model, entryKey(identity));

/** Reads an entry. Sets aside what is damaged and what belongs to another key. Never throws. */
export async function lookUp(cacheDir: string, identity: Identity): Promise<Lookup> {
  const dir = entryDir(cacheDir, identity);
  await setAsideOthers(cacheDir, identity);
  await bringBack(cacheDir, identity);
  let text: string;
  try {
    text = await readFile(path.join(dir, 'record.json'), 'utf8');
  } catch (error) {
    if (isMissing(error) && !(await exists(dir))) return { kind: 'absent' };
    return damaged(cacheDir, dir, identity, String(error));
  }
  try {
    const record = Record.parse(JSON.parse(text));
    const read = async (name: string, expected: z.infer<typeof File>) => {
      const bytes = await readFile(path.join(dir, name));
      if (bytes.byteLength !== expected.bytes || sha256(bytes) !== expected.sha256)
        throw new Error(`${name} has changed`);
      return bytes;
    };
    if (entryKey(record.identity as unknown as Identity) !== path.basename(dir))
      throw new Error('record of another entry');
    const [plan, kernels] = await Promise.all([read('plan.bin', record.plan), read('kernels.bin', record.kernels)]);
    return { kind: 'hit', entry: { plan, kernels, race: record.race } };
  } catch (error) {
    return damaged(cacheDir, dir, identity, String(error));
  }
}

/**
 * Keeps an entry, atomically.
 * @throws AppError CACHE_FULL, CACHE_READ_ONLY, CACHE_FAILED; what was there before is then as it was.
 */
export async function keep(cacheDir: string, identity: Identity, entry: Entry): Promise<void> {
  const dir = entryDir(cacheDir, identity);
  const temporary = path.join(cacheDir, `.tmp-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(cacheDir, { recursive: true });
    // Not recursive: that would tell a read-only disk as a missing folder.
    await mkdir(temporary);
    await writeSynced(path.join(temporary, 'plan.bin'), entry.plan);
    await writeSynced(path.join(temporary, 'kernels.bin'), entry.kernels);
    const describe = (bytes: Uint8Array) => ({ bytes: bytes.byteLength, sha256: sha256(bytes) });
    const record: z.infer<typeof Record> = {
      version: 2,
      identity: { ...identity },
      plan: describe(entry.plan),
      kernels: describe(entry.kernels),
      race: entry.race,
      madeAt: new Date().toISOString(),
    };
    await writeSynced(path.join(temporary, 'record.json'), Buffer.from(`${JSON.stringify(record, null, 2)}\n`));
    await syncFolder(temporary);
    await mkdir(path.dirname(dir), { recursive: true });
    if (await exists(dir)) await setAside(cacheDir, dir, identity.model, 'replaced');
    await rename(temporary, dir);
    await syncFolder(path.dirname(dir));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw cacheError(error, cacheDir, entry.plan.byteLength + entry.kernels.byteLength);
  }
}

/** Removes what a killed process left half written. Safe beside a running one: its folder names a living process. */
export async function sweep(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir).catch(() => [] as string[])) {
    const pid = /^\.tmp-(\d+)-/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid)))
      await rm(path.join(cacheDir, name), { recursive: true, force: true }).catch(() => {});
  }
}

async function damaged(cacheDir: string, dir: string, { model }: Identity, detail: string): Promise<Lookup> {
  await setAside(cacheDir, dir, model, 'damaged').catch(() => {});
  return { kind: 'damaged', detail };
}

async function setAsideOthers(cacheDir: string, identity: Identity): Promise<void> {
  const folder = path.join(cacheDir, identity.model);
  const key = entryKey(identity);
  for (const name of await readdir(folder).catch(() => [] as string[]))
    if (name !== key && !(await isOtherVersion(path.join(folder, name), identity)))
      await setAside(cacheDir, path.join(folder, name), identity.model, 'other').catch(() => {});
}

/** Other weights in the same engine: a version that a person can switch back to at once (versions.ts), so it stays. */
async function isOtherVersion(dir: string, identity: Identity): Promise<boolean> {
  try {
    const { identity: other } = Record.parse(JSON.parse(await readFile(path.join(dir, 'record.json'), 'utf8')));
    const sameWeights = { ...other, onnxSha256: identity.onnxSha256 } as unknown as Identity;
    return entryKey(sameWeights) === entryKey(identity);
  } catch {
    return false;
  }
}

/** Removes the entry of weights that nobody can choose any more. */
export async function forget(cacheDir: string, identity: Identity): Promise<void> {
  await rm(entryDir(cacheDir, identity), { recursive: true, force: true });
}

/** Moves an entry to `aside/<model>/<why>-<key>`; of each kind the newest stays, so that the folder cannot grow. */
async function setAside(
  cacheDir: string,
  dir: string,
  model: string,
  why: 'damaged' | 'other' | 'replaced',
): Promise<void> {
  const aside = path.join(cacheDir, 'aside', model);
  await mkdir(aside, { recursive: true });
  for (const name of await readdir(aside))
    if (name.startsWith(`${why}-`)) await rm(path.join(aside, name), { recursive: true, force: true });
  await rename(dir, path.join(aside, `${why}-${path.basename(dir)}`));
}

async function bringBack(cacheDir: string, identity: Identity): Promise<void> {
  const dir = entryDir(cacheDir, identity);
  const kept = path.join(cacheDir, 'aside', identity.model, `other-${entryKey(identity)}`);
  if (!(await exists(kept)) || (await exists(dir))) return;
  await mkdir(path.dirname(dir), { recursive: true }).catch(() => {});
  await rename(kept, dir).catch(() => {});
}

async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Windows cannot open folders and needs no sync of them: NTFS journals renames. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function cacheError(error: unknown, folder: string, neededBytes: number): AppError {
  const code = (error as NodeJS.ErrnoException).code;
  const detail = String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppError('CACHE_FULL', { neededBytes }, detail);
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM')
    return new AppError('CACHE_READ_ONLY', { folder }, detail);
  return new AppError('CACHE_FAILED', { folder }, detail);
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

const exists = (dir: string): Promise<boolean> =>
  readdir(dir).then(
    () => true,
    () => false,
  );

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
