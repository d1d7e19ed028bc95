/**
 * Checks that installed files are the packaged ones. `manifest.json` beside the asar holds the sha256 of every file outside it;
 * `manifest.json.sig` is the packager's signature. tools/manifest.ts makes both. A development tree has neither.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../app/errors';
import { readBounded, readStreamed, readText } from './readBounded';
import { isSigned, maxSignatureBytes, signatureFile } from './signature';

export const manifestName = 'manifest.json';

/** Room for a hundred thousand files, a line each. */
const maxManifestBytes = 2 ** 24;

export const Manifest = z.strictObject({
  version: z.literal(1),
  /** By path below the resources folder, forward slashes. */
  files: z.record(z.string(), z.strictObject({ bytes: z.int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
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
    for (const [file, { bytes, sha256 }] of inPart) {
      const found = await hashFile(path.join(this.seal.root, ...file.split('/')), bytes).catch(
        (error: NodeJS.ErrnoException) => {
          throw altered(file, String(error), error.code === 'ENOENT');
        },
      );
      if (found !== sha256) throw altered(file, `sha256 ${found}, packaged was ${sha256}`);
    }
  }
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

/**
 * sha256 of a file, streamed: the engine library has 214 MB.
 * @param maxBytes reading stops here: the hash of a larger file is wrong anyway. @throws if it cannot be read or is no file.
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
