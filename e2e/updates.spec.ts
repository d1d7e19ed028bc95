/**
 * Updates of the app from a server on this machine: what our key signed and is newer is taken, by difference; all else is
 * refused, and the version that is there goes on. The packaged app and its updater are real. What they are given as the installed
 * AppImage is a shell script with a block map, because AppImage's tools cannot be fetched everywhere.
 */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { appendBlockmap } from 'app-builder-lib/out/targets/differentialUpdateInfoBuilder.js';
import { expect, readLog } from './app';
import { test as base, type Copy } from './damaged';
import { root } from './pictures';
import { ready } from './steps';

const MiB = 1 << 20;

/** What a server has: bytes by path. */
class Server {
  readonly files = new Map<string, Buffer>();
  /** Bytes sent of each path. */
  readonly sent = new Map<string, number>();
  private readonly server = createServer((request, response) => this.answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const name = url.split('?')[0] ?? '';
    const bytes = this.files.get(name);
    if (!bytes) return void response.writeHead(404).end();
    const ranges = [...(headers.range ?? '').matchAll(/(\d+)-(\d+)/g)].map(([, from, to]) => ({
      from: Number(from),
      to: Number(to) + 1,
    }));
    const count = (sent: Buffer) => {
      this.sent.set(name, (this.sent.get(name) ?? 0) + sent.length);
      return sent;
    };
    const [first] = ranges;
    if (!first) return void response.writeHead(200, { 'content-length': bytes.length }).end(count(bytes));
    const rangeOf = ({ from, to }: typeof first) => `bytes ${from}-${to - 1}/${bytes.length}`;
    if (ranges.length === 1) {
      const part = bytes.subarray(first.from, first.to);
      response.writeHead(206, { 'content-length': part.length, 'content-range': rangeOf(first) });
      return void response.end(count(part));
    }
    const parts = ranges.flatMap((range) => [
      Buffer.from(`\r\n--edge\r\ncontent-type: application/octet-stream\r\ncontent-range: ${rangeOf(range)}\r\n\r\n`),
      bytes.subarray(range.from, range.to),
    ]);
    const body = Buffer.concat([...parts, Buffer.from('\r\n--edge--\r\n')]);
    response.writeHead(206, { 'content-length': body.length, 'content-type': 'multipart/byteranges; boundary=edge' });
    response.end(count(body));
  }
}

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

const buildKey = async (): Promise<KeyObject> =>
  createPrivateKey(await readFile(path.join(root, 'release', 'build-key.pem')));

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
  const sha512 = createHash('sha512').update(update.bytes).digest('base64');
  const name = `Refit-${version}.AppImage`;
  const said = Buffer.from(
    JSON.stringify({
      version,
      files: [{ url: name, sha512, size: update.bytes.length, blockMapSize: update.blockMapSize }],
      path: name,
      sha512,
    }),
  );
  server.files.set('/latest-linux.yml', said);
  if (key) server.files.set('/latest-linux.yml.sig', Buffer.from(sign(null, said, key).toString('base64')));
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
