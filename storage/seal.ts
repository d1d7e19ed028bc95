/**
 * Seals records with a key that only this user has. A record from another user or another machine is refused, however well its hashes
 * fit the files beside it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** @param key any text; from cacheKey.ts. @returns HMAC-SHA256, 64 hex digits. */
export const sealOf = (bytes: Uint8Array, key: string): string => createHmac('sha256', key).update(bytes).digest('hex');

/** Compares in constant time. A malformed seal counts as a wrong one. */
export function isSealed(bytes: Uint8Array, seal: string, key: string): boolean {
  const [found, expected] = [Buffer.from(seal, 'latin1'), Buffer.from(sealOf(bytes, key), 'latin1')];
  return found.byteLength === expected.byteLength && timingSafeEqual(found, expected);
}
