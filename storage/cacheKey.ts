/**
 * The key that seals the cache's records. It is random, one for each user, and lies in the user's data, where no other user may read
 * it. If the system has a store for secrets, the store's key encrypts it, so that a copy of the file is useless elsewhere.
 */
import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sweepTemporary } from './folder';
import { readText as readBoundedText } from './readBounded';
import { whenFree } from './whenFree';

/** Electron's safeStorage, where it is available. */
export interface Vault {
  encryptString(text: string): Buffer;
  decryptString(encrypted: Buffer): string;
}

export interface CacheKey {
  key: string;
  /** The folder of what this key seals. Each key has its own, so that no key replaces what another one sealed. */
  folder: string;
}

/**
 * Reads the key, or makes one if there is none that can be trusted. A new key makes the app prepare everything again. A key that
 * cannot be written serves this start alone. Never throws.
 *
 * A start without the store, because a keyring was not unlocked, leaves the store's key alone and uses a second key with a second
 * folder. A store that cannot decrypt the key is another store, or has lost its own key: a new one replaces it.
 * @param folder the user's data. @param vault omitted: none.
 */
export async function cacheKey(folder: string, vault?: Vault): Promise<CacheKey> {
  const file = path.join(folder, 'cache.key');
  await sweepTemporary(folder, undefined, temporaryMark(file));
  if (!vault && (await readText(file).catch(() => ''))?.startsWith('vault '))
    return cacheKey(path.join(folder, 'without-keyring'));
  return { key: await keptKey(file, randomBytes(32).toString('base64'), vault), folder };
}

/** @param key used if the file has none yet. */
async function keptKey(file: string, key: string, vault: Vault | undefined): Promise<string> {
  const kept = await read(file, vault);
  if (kept) return kept;
  // A store that does not give back what it was given is unusable.
  for (const keeper of vault ? [vault, undefined] : [undefined])
    try {
      await write(file, keeper ? `vault ${keeper.encryptString(key).toString('base64')}` : `plain ${key}`, vault);
      const written = await read(file, vault);
      if (written) return written;
    } catch {
      // It could not be written, or not encrypted.
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
    // Another start wrote its key at the same moment: that one counts. Any other file here was unusable.
    await link(temporary, file).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST' && (await read(file, vault))) return;
      await whenFree(() => rename(temporary, file));
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

/** Room for a key in any store's encrypted form. */
const maxKeyBytes = 2 ** 16;

/** @throws Error of the file system. */
async function readText(file: string): Promise<string | undefined> {
  const { uid, mode } = await lstat(file);
  const own = process.getuid?.();
  // The file is another user's, or another user may have read it.
  if (own !== undefined && (uid !== own || (mode & 0o077) !== 0)) return undefined;
  return readBoundedText(file, maxKeyBytes);
}
