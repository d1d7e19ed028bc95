/**
 * Checks that installed files are the packaged ones. `manifest.json` beside the asar holds hashes of every file outside it, piece by piece;
 * `manifest.json.sig` is the packager's signature. tools/manifest.ts makes both. A development tree has neither.
 */
import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../app/errors';
import { openPieces, readBounded, readStreamed, readText } from './readBounded';
import { isSigned, maxSignatureBytes, signatureFile } from './signature';
import { digest } from './verify';

export const manifestName = 'manifest.json';

/** Room for a hundred thousand files, a line each. */
const maxManifestBytes = 2 ** 24;

/** Bytes of a piece; a file's last one may have fewer. */
export const pieceBytes = 1 << 20;

const ManifestFile = z.strictObject({
  bytes: z.int().nonnegative(),
  /** sha256 of each piece, in their order; of an empty file none. */
  pieces: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
});
export type ManifestFile = z.infer<typeof ManifestFile>;

export const Manifest = z.strictObject({
  version: z.literal(2),
  /** By path below the resources folder, forward slashes. */
  files: z.record(z.string(), ManifestFile),
});
export type Manifest = z.infer<typeof Manifest>;

/** Where an installed app's files lie, and whose signature their manifest must have (`trustedKey`'s form). */
export interface Seal {
  root: string;
  key: string;
}

/** Checks parts of an installed app before they are used; each part once. */
export class Installed {
  private manifest: Promise<Manifest> | undefined;
  private readonly parts = new Map<string, Promise<void>>();

  constructor(private readonly seal: Seal) {}

  /**
   * @param part a folder below the resources, `native/`: all files that the manifest has below it.
   * @throws AppError INSTALL_ALTERED if a file is missing or altered, or if the manifest is not signed.
   */
  check(part: string): Promise<void> {
    let checked = this.parts.get(part);
    if (!checked) {
      checked = this.hash(part);
      this.parts.set(part, checked);
    }
    return checked;
  }

  private async hash(part: string): Promise<void> {
    this.manifest ??= readManifest(this.seal);
    const { files } = await this.manifest;
    const inPart = Object.entries(files).filter(([file]) => file.startsWith(part));
    // Without this, a part that the manifest does not list would pass unchecked.
    if (inPart.length === 0) throw altered(part, 'not in the manifest');
    for (const [file, packaged] of inPart) {
      const found = await hashPieces(path.join(this.seal.root, ...file.split('/')), packaged.bytes).catch(
        (error: NodeJS.ErrnoException) => {
          throw altered(file, String(error), error.code === 'ENOENT');
        },
      );
      const difference = differenceOf(found, packaged);
      if (difference) throw altered(file, difference);
    }
  }
}

/** @returns how a file differs from what was packaged; undefined where it does not. */
export function differenceOf(found: ManifestFile, packaged: ManifestFile): string | undefined {
  if (found.bytes !== packaged.bytes) return `${found.bytes} bytes, packaged were ${packaged.bytes}`;
  const at = packaged.pieces.findIndex((sha256, i) => found.pieces[i] !== sha256);
  if (at >= 0) return `sha256 ${found.pieces[at]} from byte ${at * pieceBytes} on, packaged was ${packaged.pieces[at]}`;
  return found.pieces.length === packaged.pieces.length ? undefined : `${found.pieces.length} pieces`;
}

async function readManifest({ root, key }: Seal): Promise<Manifest> {
  const file = path.join(root, manifestName);
  try {
    const bytes = await readBounded(file, maxManifestBytes, { follow: true });
    const signature = await readText(signatureFile(file), maxSignatureBytes, { follow: true });
    if (!isSigned(bytes, signature, key)) throw new Error('not what was signed');
    return Manifest.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw altered(manifestName, String(error));
  }
}

/** Pieces that are hashed at once, each in a thread of libuv. */
const piecesAtOnce = Math.min(16, os.availableParallelism());

/**
 * Hashes a file in pieces, side by side: the engine library has 214 MB, for which one core takes more than a second, since Electron
 * computes SHA-256 without the processor's own instructions for it.
 * @param maxBytes reading stops here: the hash of a larger file is wrong anyway. @throws Error if it cannot be read or is no file.
 */
export async function hashPieces(file: string, maxBytes = Number.POSITIVE_INFINITY): Promise<ManifestFile> {
  const opened = await openPieces(file, pieceBytes, { follow: true });
  try {
    const { bytes } = opened;
    const count = Math.ceil(Math.min(bytes, maxBytes) / pieceBytes);
    const pieces = new Array<string>(count);
    let next = 0;
    const hashOn = async (): Promise<void> => {
      const room = new Uint8Array(Math.min(pieceBytes, bytes));
      for (let at = next++; at < count; at = next++) pieces[at] = await digest(await opened.read(at, room));
    };
    await Promise.all(Array.from({ length: Math.min(count, piecesAtOnce) }, hashOn));
    return { bytes, pieces };
  } finally {
    await opened.close();
  }
}

/**
 * sha256 of a file, streamed.
 * @param maxBytes reading stops here: the hash of a larger file is wrong anyway. @throws Error if it cannot be read or is no file.
 */
export async function hashFile(file: string, maxBytes = Number.POSITIVE_INFINITY): Promise<string> {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of readStreamed(file, { follow: true })) {
    hash.update(chunk);
    read += chunk.byteLength;
    if (read > maxBytes) break;
  }
  return hash.digest('hex');
}

const altered = (file: string, detail: string, isMissing = false) =>
  new AppError('INSTALL_ALTERED', { file, isMissing }, detail);
