/**
 * Updates from a server on this machine: the app takes a newer version that our key signed, refuses all else whatever the server answers,
 * and goes on as it is. slowServer.spec.ts has the servers that keep it waiting.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from './app';
import {
  askingTest,
  type Case,
  expectRefused,
  MiB,
  type Offer,
  offer,
  offerAgain,
  raw,
  refused,
  said,
  test,
} from './offers';
import { buildKey, Server } from './server';

test.skip(process.platform !== 'linux', 'Stands in for an AppImage, which Linux has.');
// Each has a server of its own, and this is the last and longest file.
test.describe.configure({ mode: 'parallel' });

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

test('goes on with the version that is there where an update has no signature', async ({
  copy,
  server,
  address,
  userDataDir,
}) => {
  const { now, old } = await offer({ version: '0.2.0' }, { copy, server, address, userDataDir }, refused);
  expect(now.equals(old)).toBe(true);
});

askingTest.describe('goes on with the version that is there where an update', () => {
  const otherKey = generateKeyPairSync('ed25519').privateKey;
  const cases: [string, (key: KeyObject) => Offer, RegExp][] = [
    ['is signed with another key', () => ({ version: '0.2.0', key: otherKey }), refused],
    ['is an older version', (key) => ({ version: '0.0.9', key }), /Update for version 0\.1\.0 is not available/],
    ['is cut short', (key) => ({ version: '0.2.0', key, spoil: (b) => b.subarray(0, 5 * MiB) }), refused],
    ['has one byte changed', (key) => ({ version: '0.2.0', key, spoil: flipped }), refused],
  ];
  for (const [what, made, why] of cases)
    askingTest(what, async ({ asking, server, address, userDataDir }) => {
      const { now, old, log } = await offerAgain(made(await buildKey()), { asking, server, address, userDataDir });
      expect(log).toMatch(why);
      expect(now.equals(old)).toBe(true);
    });
});

/** Redirects `name` to `where`, which is given the number of the request. */
const redirect = (name: string, where: (time: number) => string) => (server: Server) =>
  server.answers.set(name, (response) =>
    response.writeHead(302, { location: where(server.asked.get(name) ?? 0) }).end(),
  );

const ok = 'HTTP/1.1 200 OK\r\n';

const failed = /the server answers 500/;
const tooMuch = /has more than \d+ bytes/;
const tooFar = /has more than 10 redirects/;
const elsewhere = /is redirected to another place/;
const headers = /RESPONSE_HEADERS_TOO_BIG/;

// Anyone on the way to the server can answer for it: nothing is signed yet, or not what comes in its place.
askingTest.describe('holds on where the server', () => {
  const cases: Case[] = [
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
    ['has an update that does not end', { answer: (server, name) => server.pour(name), size: 1000 }, tooMuch],
    ['fails with an update that does not end', { answer: (server, name) => server.pour(name, 500) }, failed],
    ['has an update that unpacks without end', { answer: (s, name) => s.pourPacked(name, 'gzip') }, tooMuch],
    [
      'has an update that it sends on for ever',
      { answer: (s, name) => redirect(name, (n) => `${name}?${n}`)(s) },
      tooFar,
    ],
    ['has an update that is a file', { answer: (s, name) => redirect(name, () => 'file:///bin/true')(s) }, elsewhere],
    ['has an update that breaks off', { answer: breakOff }, /is not what was signed/],
    ['has an update that the disk has no room for', { size: 1e15 }, /an update of 1000000000000000 bytes needs/],
  ];
  for (const [what, made, why] of cases)
    askingTest(what, async ({ asking, server, address, userDataDir }) => {
      const offered = { version: '0.2.0', key: await buildKey(), ...made };
      expectRefused(await offerAgain(offered, { asking, server, address, userDataDir }), server, why);
    });

  // electron-updater chooses its updater once a process.
  test('has a deb that does not end', async ({ copy, server, address, userDataDir }) => {
    const offered: Offer = {
      version: '0.2.0',
      key: await buildKey(),
      answer: (to, name) => to.pour(name),
      size: 1000,
      kind: 'deb',
    };
    expectRefused(await offer(offered, { copy, server, address, userDataDir }, refused), server, tooMuch);
  });

  askingTest('sends on to another server on this machine', async ({ asking, server, address, userDataDir }) => {
    const other = new Server();
    const there = await other.start();
    const { now, old, log } = await offerAgain(
      { version: '0.2.0', key: await buildKey(), answer: redirect(said, () => `${there}${said}`) },
      { asking, server, address, userDataDir },
    );
    other.stop();
    expect(log).toMatch(refused);
    expect(now.equals(old)).toBe(true);
    expect(other.asked.size).toBe(0);
  });
});

askingTest('asks no server that anyone on the way could speak for', async ({ asking, server, userDataDir }) => {
  const address = 'http://updates.invalid';
  const { log } = await offerAgain({ version: '0.2.0' }, { asking, server, address, userDataDir });
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
