/** The private half of the catalog's signature (storage/signature.ts has the public one). The key never lies in the repository. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { trustedKey } from '../../storage/signature';
import { sentenceOf } from '../../words/errors';

export type Signing =
  | { kind: 'signed'; signature: string }
  /** `reason`: what is to be done about it. */
  | { kind: 'unsigned'; reason: string };

/** `$REFIT_SIGNING_KEY`, else where this system keeps a user's settings. */
export function signingKeyFile(): string {
  const named = process.env.REFIT_SIGNING_KEY;
  if (named) return path.resolve(named);
  const settings =
    process.platform === 'win32'
      ? (process.env.APPDATA ?? path.join(os.homedir(), 'AppData', 'Roaming'))
      : (process.env.XDG_CONFIG_HOME ?? path.join(os.homedir(), '.config'));
  return path.join(settings, 'refit', 'signing-key.pem');
}

/**
 * Signs with the key of `signingKeyFile()`, if it is there and the app trusts it. The same bytes always give the same
 * signature: Ed25519 has no randomness.
 * @param trusted the public key that the result must satisfy.
 */
export async function signBytes(bytes: Uint8Array, trusted = trustedKey): Promise<Signing> {
  const file = signingKeyFile();
  let key: KeyObject;
  try {
    key = createPrivateKey(await readFile(file));
  } catch (error) {
    return { kind: 'unsigned', reason: `no signing key could be read (${sentenceOf(error)})` };
  }
  if (publicKeyOf(key) !== trusted)
    return {
      kind: 'unsigned',
      reason: `the key in ${file} is not the one that the app trusts (storage/catalogKey.json)`,
    };
  return { kind: 'signed', signature: sign(null, bytes, key).toString('base64') };
}

/**
 * Makes a signing key, readable by its owner alone.
 * @returns the public key, as storage/catalogKey.json wants it.
 * @throws Error where the file is there already: the catalogs that it signed would be lost with it.
 */
export async function makeSigningKey(file: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { flag: 'wx', mode: 0o600 });
  return publicKeyOf(privateKey);
}

const publicKeyOf = (key: KeyObject): string =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
