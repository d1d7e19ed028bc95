/**
 * Updates that a server on this machine offers to the packaged app, whose updater is real. In the installed AppImage's place lies a
 * shell script with a block map, because a real one takes minutes to make (test/appImage has one).
 */
import { type KeyObject, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { appendBlockmap } from 'app-builder-lib/out/targets/differentialUpdateInfoBuilder.js';
import { peakBytesOf } from '../fuzz/peak';
import { expect, readLog } from './app';
import { test as base, type Copy } from './damaged';
import { buildKey, Server } from './server';
import { ready } from './steps';

export const MiB = 1 << 20;

export const test = base.extend<{ server: Server; address: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  server: async ({}, use) => {
    const server = new Server();
    await use(server);
    server.stop();
  },
  address: async ({ server }, use) => use(await server.start()),
});

interface AppImage {
  bytes: Buffer;
  blockMapSize: number;
}

const body = randomBytes(8 * MiB);
const made = new Map<string, Promise<AppImage>>();

/** A program of 8 MiB in an AppImage's place, which ends at once; another version differs in one MiB of it. */
function appImage(version: string): Promise<AppImage> {
  const image = made.get(version) ?? makeAppImage(version);
  made.set(version, image);
  return image;
}

async function makeAppImage(version: string): Promise<AppImage> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-appimage-'));
  const file = path.join(folder, version);
  const changed = Buffer.from(body);
  changed.write(version, 4 * MiB);
  await writeFile(file, Buffer.concat([Buffer.from('#!/bin/sh\nexit 0\n'), changed]));
  const { blockMapSize = 0 } = await appendBlockmap(file);
  const bytes = await readFile(file);
  await rm(folder, { recursive: true });
  return { bytes, blockMapSize };
}

export interface Offer {
  version: string;
  /** Signs what the server says; undefined leaves the signature out. */
  key?: KeyObject;
  /** What the server sends in the update's place. */
  spoil?: (bytes: Buffer) => Buffer;
  /** What the server answers instead of what lies there. @param name the update's path. */
  answer?: (server: Server, name: string) => void;
  /** What the server says of the update's size; undefined: the truth. */
  size?: number;
  kind?: 'AppImage' | 'deb';
}

interface Parts {
  copy: Copy;
  server: Server;
  address: string;
  userDataDir: string;
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
export async function offer(
  { version, key, spoil = (bytes) => bytes, answer, size, kind = 'AppImage' }: Offer,
  { copy, server, address, userDataDir }: Parts,
  until: RegExp,
): Promise<Outcome> {
  const folder = path.join(userDataDir, 'apps');
  await mkdir(folder);
  const installed = path.join(folder, 'Refit.AppImage');
  const { bytes: old } = await appImage('0.1.0');
  await writeFile(installed, old);
  await chmod(installed, 0o755);
  const update = await appImage(version);
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
  const memoryBytes = peakBytesOf(refit.app.process().pid ?? 0) ?? Number.NaN;
  const fetched = await readdir(path.join(cache, 'refit-updater', 'pending')).catch(() => []);
  await refit.close();
  const [now, log] = [await readFile(installed), await readLog(userDataDir)];
  return { old, update: update.bytes, now, log, memoryBytes, fetched };
}

export const refused = /update refused/;
export const said = '/latest-linux.yml';

/** Answers `name` with bytes that no well-behaved server sends, and then with `again`, if given, for ever. */
export const raw = (name: string, bytes: string, again?: string) => (server: Server) =>
  server.answers.set(name, ({ socket }) => {
    const more = () => {
      while (socket?.writable && socket.write(again ?? ''));
    };
    socket?.write(bytes);
    if (again === undefined) return void socket?.end();
    socket?.on('drain', more);
    more();
  });

export type Case = [what: string, offered: Omit<Offer, 'version'>, why: RegExp];

/** Offers version 0.2.0, which the app must refuse for a reason in its log, at no cost to memory, disk or log. */
export async function expectRefused(offered: Omit<Offer, 'version'>, parts: Parts, why: RegExp): Promise<void> {
  const { now, old, log, memoryBytes, fetched } = await offer(
    { version: '0.2.0', key: await buildKey(), ...offered },
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
  for (const times of parts.server.asked.values()) expect(times).toBeLessThanOrEqual(11);
  // No more was sent than a socket and its reader hold in transit.
  for (const bytes of parts.server.sent.values()) expect(bytes).toBeLessThan(32 * MiB);
}
