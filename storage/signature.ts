/**
 * The catalog's signature: Ed25519 over its exact bytes, base64 in `catalog.json.sig` beside it. The catalog holds the hash of
 * every engine and model card, so this one signature covers them all. `refit sign` makes it (factory/engines/sign.ts).
 */
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import catalogKey from './catalogKey.json' with { type: 'json' };

/** The key that this app trusts: an Ed25519 public key, base64 of its SPKI form (a PEM file's body). */
export const trustedKey: string = catalogKey.ed25519;

/** Base64 of 64 bytes, and room for a line's end. */
export const maxSignatureBytes = 1024;

export const signatureFile = (catalogFile: string): string => `${catalogFile}.sig`;

/**
 * @param signature base64. A malformed one counts as a wrong one.
 * @param key as `trustedKey`. @throws Error if it is no key.
 */
export function isSigned(bytes: Uint8Array, signature: string, key: string): boolean {
  const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
  return verify(null, bytes, publicKey, Buffer.from(signature.trim(), 'base64'));
}

/**
 * The key whose signature covers a packaged app and its updates: the one that the packager wrote into the asar's package.json, else
 * `trustedKey`. A release has none there (tools/package.ts), so it trusts the release key alone.
 * @param appPath the asar.
 */
export function packagedKey(appPath: string): string {
  // Reads from the asar that Electron runs this code from, which is open already.
  const text = readFileSync(path.join(appPath, 'package.json'), 'utf8');
  const { buildKey } = JSON.parse(text) as { buildKey?: unknown };
  return typeof buildKey === 'string' ? buildKey : trustedKey;
}
