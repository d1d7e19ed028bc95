/** Ed25519, detached: one key signs what ships and what comes later. */
import { createPublicKey, verify } from 'node:crypto';

/**
 * @param signature base64. Anything that is no signature is a wrong one.
 * @param key an Ed25519 public key, base64 of its SPKI form. @throws Error where that is no key.
 */
export function isSigned(bytes: Uint8Array, signature: string, key: string): boolean {
  const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
  return verify(null, bytes, publicKey, Buffer.from(signature.trim(), 'base64'));
}
