/** Writes a packaged app's signed manifest, which storage/manifest.ts reads; makes the key of a build that is no release. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { signBytes } from '../factory/engines/sign';
import { hashPieces, Manifest, manifestName } from '../storage/manifest';
import { signatureFile } from '../storage/signature';

/** Signs a package, and says which key the app inside trusts. */
export interface Packager {
  /** Public key for the asar's package.json; undefined in a release, which trusts the release key. */
  buildKey?: string;
  /** @returns base64. @throws Error that says what to do, where there is no key. */
  sign(bytes: Uint8Array): Promise<string>;
}

/** Signs with the release key. */
export const releasePackager: Packager = {
  sign: async (bytes) => {
    const signing = await signBytes(bytes);
    if (signing.kind === 'signed') return signing.signature;
    throw new Error(`A release needs the signing key: ${signing.reason}. \`refit keygen\` says more.`);
  },
};

/**
 * Makes a key for one build. No other build trusts it, so the file needs no protection.
 * @param file takes the private half, with which tests sign updates.
 */
export async function makeBuildPackager(file: string): Promise<Packager> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  await writeFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  return {
    buildKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    sign: async (bytes) => sign(null, bytes, privateKey).toString('base64'),
  };
}

/**
 * Files below `resources` that electron-builder adds as it packs a deb, after manifest and bill of materials were written: what
 * installing lays into /etc/apparmor.d, and, with `--updates`, what electron-updater knows a deb by. Neither is code, and
 * neither changes which updates are believed.
 */
export const addedByDeb = ['apparmor-profile', 'package-type'];

/** Hashes every file below `resources` but the asar itself, which holds the code that reads the manifest. */
export async function writeManifest(resources: string, packager: Packager): Promise<Manifest> {
  const manifest: Manifest = { version: 2, files: {} };
  for (const file of await filesBelow(resources)) {
    if (file === 'app.asar' || file.startsWith(manifestName)) continue;
    manifest.files[file] = await hashPieces(path.join(resources, ...file.split('/')));
  }
  const target = path.join(resources, manifestName);
  const bytes = Buffer.from(`${JSON.stringify(Manifest.parse(manifest), null, 1)}\n`);
  await writeFile(target, bytes);
  await writeFile(signatureFile(target), await packager.sign(bytes));
  return manifest;
}

/** Paths below a folder, forward slashes, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}
