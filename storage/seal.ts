/**
 * Seals records with a key that only this user has: what another user, a backup or a copy of another machine put in place of
 * a record and what it describes is then not taken, however well their hashes fit together.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** @param key any text; from cacheKey.ts. @returns HMAC-SHA256, 64 hex digits. */
export const sealOf = (bytes: Uint8Array, key: string): string => createHmac('sha256', key).update(bytes).digest('hex');

/** Compares in constant time. Anything that is no seal is a wrong one. */
export function isSealed(bytes: Uint8Array, seal: string, key: string): boolean {
  const [found, expected] = [Buffer.from(seal, 'latin1'), Buffer.from(sealOf(bytes, key), 'latin1')];
  return found.byteLength === expected.byteLength && timingSafeEqual(found, expected);
}
