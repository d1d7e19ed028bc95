/**
 * Updates from a server on this machine: the app takes a newer version that our key signed, refuses all else whatever the server answers,
 * and goes on as it is. The packaged app and its updater are real. In the installed AppImage's place lies a shell script with a block
 * map, because AppImage's tools cannot be fetched everywhere.
 */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
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

/** A program of 8 MiB in an AppImage's place, which ends at once; another version differs in one MiB of it. */
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
  /** What the server answers instead of what lies there. @param name the update's path. */
  answer?: (server: Server, name: string) => void;
  /** What is said of the update's size, if it is not that. */
  size?: number;
  kind?: 'AppImage' | 'deb';
}

interface Outcome {
  old: Buffer;
  update: Buffer;
  /** What lies in the installed version's place. */
  now: Buffer;
  log: string;
  /** Main's memory at its peak. */
  memoryBytes: number;
  /** Names in the folder that an update is fetched to. */
  fetched: string[];
}

/** Lays an update on the server and starts an app of version 0.1.0 that finds it. */
async function offer(
  { version, key, spoil = (bytes) => bytes, answer, size, kind = 'AppImage' }: Offer,
  { copy, server, address, userDataDir }: { copy: Copy; server: Server; address: string; userDataDir: string },
  until: RegExp,
): Promise<Outcome> {
  const folder = path.join(userDataDir, 'apps');
  await mkdir(folder);
  const body = randomBytes(8 * MiB);
  const installed = path.join(folder, 'Refit.AppImage');
  const { bytes: old } = await appImage(installed, '0.1.0', body);
  const update = await appImage(path.join(folder, 'update'), version, body);
  const name = `Refit-${version}.${kind}`;
  server.offer({ version, name, ...update, ...(size && { size }) }, key);
  server.files.set(`/${name}`, spoil(update.bytes));
  answer?.(server, `/${name}`);
  await copy.add('app-update.yml', `provider: generic\nurl: ${address}\nupdaterCacheDirName: refit-updater\n`);
  if (kind === 'deb') await copy.add('package-type', 'deb');

  const cache = path.join(userDataDir, 'cache');
  const refit = await copy.launch({ APPIMAGE: installed, XDG_CACHE_HOME: cache });
  await expect.poll(() => readLog(userDataDir), { timeout: 90_000 }).toMatch(until);
  // Whatever became of the update, this version works.
  await ready(refit);
  const memoryBytes = (await refit.app.evaluate(() => process.resourceUsage().maxRSS)) * 1024;
  const fetched = await readdir(path.join(cache, 'refit-updater', 'pending')).catch(() => []);
  await refit.close();
  const [now, log] = [await readFile(installed), await readLog(userDataDir)];
  return { old, update: update.bytes, now, log, memoryBytes, fetched };
}

const refused = /update refused/;

test('takes an update that is newer and signed', async ({ copy, server, address, userDataDir }) => {
  // Left by a start that was killed while it fetched.
  const half = 'temp-Refit-0.1.9.AppImage';
  const pending = path.join(userDataDir, 'cache', 'refit-updater', 'pending');
  await mkdir(pending, { recursive: true });
  await writeFile(path.join(pending, half), 'half');

  const parts = { copy, server, address, userDataDir };
  const key = await buildKey();
  const { now, update, fetched } = await offer({ version: '0.2.0', key }, parts, /has been downloaded to/);
  expect(now.equals(update)).toBe(true);
  expect(fetched).not.toContain(half);
  // Fetched whole: nobody signs the block map of differences, so whoever answers for the server could send any.
  expect(server.asked.get('/Refit-0.2.0.AppImage')).toBe(1);
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

const said = '/latest-linux.yml';

/** Redirects `name` to `where`, which is given the number of the request. */
const redirect = (name: string, where: (time: number) => string) => (server: Server) =>
  server.answers.set(name, (response) =>
    response.writeHead(302, { location: where(server.asked.get(name) ?? 0) }).end(),
  );

/** Answers `name` with bytes that no well-behaved server sends, and then with `again`, if given, for ever. */
const raw = (name: string, bytes: string, again?: string) => (server: Server) =>
  server.answers.set(name, ({ socket }) => {
    const more = () => {
      while (socket?.writable && socket.write(again ?? ''));
    };
    socket?.write(bytes);
    if (again === undefined) return void socket?.end();
    socket?.on('drain', more);
    more();
  });
const ok = 'HTTP/1.1 200 OK\r\n';
const goOn = 'HTTP/1.1 100 Continue\r\n\r\n';

const failed = /the server answers 500/;
const tooMuch = /has more than \d+ bytes/;
const tooFar = /has more than 10 redirects/;
const elsewhere = /is redirected to another place/;
const headers = /RESPONSE_HEADERS_TOO_BIG/;
const tooSlow = /comes too slowly/;

// Anyone on the way to the server can answer for it: nothing is signed yet, or not what comes in its place.
test.describe('holds on where the server', () => {
  const cases: [string, Omit<Offer, 'version'>, RegExp][] = [
    ['fails with a body without end', { answer: (server) => server.pour(said, 500) }, failed],
    ['fails with a body without end that is called JSON', { answer: pourJson }, failed],
    ['answers without end', { answer: (server) => server.pour(said) }, tooMuch],
    ['answers with a signature without end', { answer: (server) => server.pour(`${said}.sig`) }, tooMuch],
    ['answers with gzip that unpacks without end', { answer: (server) => server.pourPacked(said, 'gzip') }, tooMuch],
    ['answers with deflate that unpacks without end', { answer: (s) => s.pourPacked(said, 'deflate') }, tooMuch],
    ['answers with brotli that unpacks without end', { answer: (server) => server.pourPacked(said, 'br') }, tooMuch],
    ['sends on without end', { answer: redirect(said, (time) => `${said}?${time}`) }, tooFar],
    ['sends on to a file', { answer: redirect(said, () => 'file:///etc/hostname') }, elsewhere],
    ['sends on to data', { answer: redirect(said, () => 'data:text/plain,version') }, elsewhere],
    ['sends on to a host by http:', { answer: redirect(said, () => 'http://updates.invalid') }, elsewhere],
    ['sends on to no address', { answer: redirect(said, () => 'http://[') }, /INVALID_REDIRECT/],
    ['sends a header without end', { answer: raw(said, ok, 'x'.repeat(1 << 16)) }, headers],
    ['sends headers without end', { answer: raw(said, ok, `${'x'.repeat(99)}: y\r\n`.repeat(999)) }, headers],
    ['sends 100,000 headers', { answer: raw(said, `${ok}${'x: y\r\n'.repeat(100_000)}\r\n`) }, headers],
    ['sends a header of 16 MB', { answer: raw(said, `${ok}x: ${'y'.repeat(16 * MiB)}\r\n\r\n`) }, headers],
    ['sends no HTTP', { answer: raw(said, '\0\r\n\r\n'.repeat(1000)) }, /INVALID_HTTP_RESPONSE/],
    ['says to go on for ever', { answer: raw(said, goOn, goOn.repeat(1000)) }, tooSlow],
    ['begins to answer and says no more', { answer: (server) => server.answers.set(said, begin) }, tooSlow],
    ['says nothing', { answer: (server) => server.answers.set(said, () => undefined) }, tooSlow],
    ['answers with a byte a second', { answer: (server) => server.drip(said) }, tooSlow],
    ['has an update that does not end', { answer: (server, name) => server.pour(name), size: 1000 }, tooMuch],
    ['has a deb that does not end', { answer: (s, name) => s.pour(name), size: 1000, kind: 'deb' }, tooMuch],
    ['fails with an update that does not end', { answer: (server, name) => server.pour(name, 500) }, failed],
    ['has an update that unpacks without end', { answer: (s, name) => s.pourPacked(name, 'gzip') }, tooMuch],
    [
      'has an update that it sends on for ever',
      { answer: (s, name) => redirect(name, (n) => `${name}?${n}`)(s) },
      tooFar,
    ],
    ['has an update that is a file', { answer: (s, name) => redirect(name, () => 'file:///bin/true')(s) }, elsewhere],
    ['has an update that breaks off', { answer: breakOff }, /is not what was signed/],
    ['has an update of a byte a second', { answer: (server, name) => server.drip(name) }, tooSlow],
    ['has an update that the disk has no room for', { size: 1e15 }, /an update of 1000000000000000 bytes needs/],
  ];
  for (const [what, made, why] of cases)
    test(what, async ({ copy, server, address, userDataDir }) => {
      const parts = { copy, server, address, userDataDir };
      const { now, old, log, memoryBytes, fetched } = await offer(
        { version: '0.2.0', key: await buildKey(), ...made },
        parts,
        refused,
      );
      expect(log.match(/update refused.*/)?.[0]).toMatch(why);
      expect(now.equals(old)).toBe(true);
      expect(fetched).toEqual([]);
      expect(memoryBytes).toBeLessThan(512 * MiB);
      // The log keeps one line of each answer, and no more.
      expect(log).not.toMatch(/x{100}/);
      expect(Math.max(...log.split('\n').map((line) => line.length))).toBeLessThan(500);
      for (const times of server.asked.values()) expect(times).toBeLessThanOrEqual(11);
      // No more was sent than a socket and its reader hold in transit.
      for (const bytes of server.sent.values()) expect(bytes).toBeLessThan(32 * MiB);
    });

  test('sends on to another server on this machine', async ({ copy, server, address, userDataDir }) => {
    const other = new Server();
    const there = await other.start();
    const { now, old } = await offer(
      { version: '0.2.0', key: await buildKey(), answer: redirect(said, () => `${there}${said}`) },
      { copy, server, address, userDataDir },
      refused,
    );
    other.stop();
    expect(now.equals(old)).toBe(true);
    expect(other.asked.size).toBe(0);
  });
});

test('asks no server that anyone on the way could speak for', async ({ copy, server, userDataDir }) => {
  const address = 'http://updates.invalid';
  const { log } = await offer({ version: '0.2.0' }, { copy, server, address, userDataDir }, refused);
  expect(log).toMatch(/no server that is asked by https:/);
});

test('takes an update that a server sends on ten times', async ({ copy, server, address, userDataDir }) => {
  const answer = (to: Server, name: string) =>
    to.answers.set(name, (response) => {
      const time = to.asked.get(name) ?? 0;
      const location = time < 10 ? `${name}?${time}` : `${name}.there`;
      response.writeHead(302, { location }).end();
    });
  const { now, update } = await offer(
    {
      version: '0.2.0',
      key: await buildKey(),
      answer: (to, name) => {
        answer(to, name);
        to.files.set(`${name}.there`, to.files.get(name) ?? Buffer.alloc(0));
      },
    },
    { copy, server, address, userDataDir },
    /has been downloaded to/,
  );
  expect(now.equals(update)).toBe(true);
});

/** An error's body that is read as JSON, and is none. */
function pourJson(server: Server): void {
  server.pour(said, 500, { 'content-type': 'application/json' });
}

function begin(response: ServerResponse): void {
  response.flushHeaders();
}

/** Ends the connection in the middle of the update, whose end nothing announced. */
function breakOff(server: Server, name: string): void {
  const bytes = server.files.get(name) ?? Buffer.alloc(0);
  server.answers.set(name, (response) => {
    response.socket?.end(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), bytes.subarray(0, bytes.length / 2)]));
  });
}

/** The bytes with one byte changed. */
function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = 4 * MiB + 100;
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
}
