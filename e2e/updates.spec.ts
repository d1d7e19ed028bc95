/**
 * Updates of the app from a server on this machine: what our key signed and is newer is taken, by difference; all else is
 * refused, and the version that is there goes on. The packaged app and its updater are real. What they are given as the installed
 * AppImage is a shell script with a block map, because AppImage's tools cannot be fetched everywhere.
 */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { appendBlockmap } from 'app-builder-lib/out/targets/differentialUpdateInfoBuilder.js';
import { expect, readLog } from './app';
import { test as base, type Copy } from './damaged';
import { buildKey, Server } from './server';
import { ready } from './steps';

const MiB = 1 << 20;

const test = base.extend<{ server: Server; address: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  server: async ({}, use) => {
    const server = new Server();
    await use(server);
    server.stop();
  },
  address: async ({ server }, use) => use(await server.start()),
});

test.skip(process.platform !== 'linux', 'Stands in for an AppImage, which Linux has.');

/** A program of 8 MiB that ends at once, as an AppImage would be when it is told to; of another version in one MiB of it. */
async function appImage(file: string, version: string, body: Buffer): Promise<{ bytes: Buffer; blockMapSize: number }> {
  const changed = Buffer.from(body);
  changed.write(version, 4 * MiB);
  await writeFile(file, Buffer.concat([Buffer.from('#!/bin/sh\nexit 0\n'), changed]));
  const { blockMapSize = 0 } = await appendBlockmap(file);
  await chmod(file, 0o755);
  return { bytes: await readFile(file), blockMapSize };
}

interface Offer {
  version: string;
  /** Signs what the server says; undefined leaves the signature away. */
  key?: KeyObject;
  /** What the server has in the update's place. */
  spoil?: (bytes: Buffer) => Buffer;
}

/** Lays an update on the server and starts an app of version 0.1.0 that finds it. @returns what then lies in its place. */
async function offer(
  { version, key, spoil = (bytes) => bytes }: Offer,
  { copy, server, address, userDataDir }: { copy: Copy; server: Server; address: string; userDataDir: string },
  until: RegExp,
): Promise<{ old: Buffer; update: Buffer; now: Buffer; log: string }> {
  const folder = path.join(userDataDir, 'apps');
  await mkdir(folder);
  const body = randomBytes(8 * MiB);
  const installed = path.join(folder, 'Refit.AppImage');
  const { bytes: old } = await appImage(installed, '0.1.0', body);
  const update = await appImage(path.join(folder, 'update'), version, body);
  const name = `Refit-${version}.AppImage`;
  server.offer({ version, name, ...update }, key);
  server.files.set(`/${name}`, spoil(update.bytes));
  await copy.add('app-update.yml', `provider: generic\nurl: ${address}\nupdaterCacheDirName: refit-updater\n`);

  const refit = await copy.launch({ APPIMAGE: installed, XDG_CACHE_HOME: path.join(userDataDir, 'cache') });
  await expect.poll(() => readLog(userDataDir), { timeout: 60_000 }).toMatch(until);
  // Whatever came of it, this version is there and works.
  await ready(refit);
  await refit.close();
  return { old, update: update.bytes, now: await readFile(installed), log: await readLog(userDataDir) };
}

const refused = /update refused/;

test('takes an update that is newer and signed, by what differs', async ({ copy, server, address, userDataDir }) => {
  const parts = { copy, server, address, userDataDir };
  const { now, update } = await offer({ version: '0.2.0', key: await buildKey() }, parts, /has been downloaded to/);
  expect(now.equals(update)).toBe(true);
  expect(server.sent.get('/Refit-0.2.0.AppImage')).toBeLessThan(MiB);
});

test.describe('goes on with the version that is there where an update', () => {
  const otherKey = generateKeyPairSync('ed25519').privateKey;
  const cases: [string, (key: KeyObject) => Offer, RegExp][] = [
    ['has no signature', () => ({ version: '0.2.0' }), refused],
    ['is signed with another key', () => ({ version: '0.2.0', key: otherKey }), refused],
    ['is an older version', (key) => ({ version: '0.0.9', key }), /Update for version 0\.1\.0 is not available/],
    ['is cut short', (key) => ({ version: '0.2.0', key, spoil: (b) => b.subarray(0, 5 * MiB) }), refused],
    ['has one byte changed', (key) => ({ version: '0.2.0', key, spoil: flipped }), refused],
  ];
  for (const [what, made, until] of cases)
    test(what, async ({ copy, server, address, userDataDir }) => {
      const { now, old } = await offer(made(await buildKey()), { copy, server, address, userDataDir }, until);
      expect(now.equals(old)).toBe(true);
    });
});

/** One byte of the part that differs from the installed version: of all else nothing is fetched. */
function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = 4 * MiB + 100;
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
}
