/**
 * The key that the cache's records are sealed with: random, one for each user, kept in the user's data where no other user may
 * read it. Where the system has a store for secrets, the file holds it encrypted by that store's key, so that a copy of the
 * file is of no use elsewhere.
 */
import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sweepTemporary } from './folder';
import { readText as readBoundedText } from './readBounded';

/** Electron's safeStorage, where it is available. */
export interface Vault {
  encryptString(text: string): Buffer;
  decryptString(encrypted: Buffer): string;
}

export interface CacheKey {
  key: string;
  /** Where what it seals belongs: one folder a key, so that none is replaced by what another sealed. */
  folder: string;
}

/**
 * Reads the key; makes one where there is none, or none that can be trusted: everything that was sealed with the old one is
 * then made again. Where it cannot be kept, it is good for this start. Never throws.
 *
 * A start without the store, as of a keyring that was not unlocked, leaves a key that is in the store alone and has one of its own in
 * a folder of its own. A store that is there and cannot open the key is another one, or has lost its own.
 * @param folder the user's data. @param vault omitted: none.
 */
export async function cacheKey(folder: string, vault?: Vault): Promise<CacheKey> {
  const file = path.join(folder, 'cache.key');
  await sweepTemporary(folder, undefined, temporaryMark(file));
  if (!vault && (await readText(file).catch(() => ''))?.startsWith('vault '))
    return cacheKey(path.join(folder, 'without-keyring'));
  return { key: await keptKey(file, randomBytes(32).toString('base64'), vault), folder };
}

/** @param key used where none is kept yet. */
async function keptKey(file: string, key: string, vault: Vault | undefined): Promise<string> {
  const kept = await read(file, vault);
  if (kept) return kept;
  // A store that cannot give back what it was given is none.
  for (const keeper of vault ? [vault, undefined] : [undefined])
    try {
      await write(file, keeper ? `vault ${keeper.encryptString(key).toString('base64')}` : `plain ${key}`, vault);
      const written = await read(file, vault);
      if (written) return written;
    } catch {
      // Not to be kept, or not in this way.
    }
  return key;
}

async function write(file: string, text: string, vault: Vault | undefined): Promise<void> {
  const temporary = path.join(
    path.dirname(file),
    `${temporaryMark(file)}${process.pid}-${randomBytes(4).toString('hex')}`,
  );
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx', flush: true });
    // What is there by now is another start's of this very moment, which counts; anything else was of no use.
    await link(temporary, file).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST' && (await read(file, vault))) return;
      await rename(temporary, file);
    });
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

const temporaryMark = (file: string): string => `${path.basename(file)}.`;

async function read(file: string, vault: Vault | undefined): Promise<string | undefined> {
  try {
    const [kind, text = ''] = (await readText(file))?.split(' ') ?? [];
    const key = kind === 'vault' ? vault?.decryptString(Buffer.from(text, 'base64')) : text;
    return key && Buffer.from(key, 'base64').byteLength === 32 ? key : undefined;
  } catch {
    return undefined;
  }
}

/** A key and what a store makes of it. */
const maxKeyBytes = 2 ** 16;

/** @throws Error of the file system. */
async function readText(file: string): Promise<string | undefined> {
  const { uid, mode } = await lstat(file);
  const own = process.getuid?.();
  // Another user's, or one that another user may have read.
  if (own !== undefined && (uid !== own || (mode & 0o077) !== 0)) return undefined;
  return readBoundedText(file, maxKeyBytes);
}
