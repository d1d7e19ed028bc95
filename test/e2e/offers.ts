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
import { expect, launch, type RunningApp, readLog } from './app';
import { test as base, type Copy } from './damaged';
import { copyPackage } from './packageCopy';
import { Server } from './server';
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

/** Installs version 0.1.0 in a folder, and lays an update on the server. */
async function lay(
  { version, key, spoil = (bytes) => bytes, answer, size, kind = 'AppImage' }: Offer,
  server: Server,
  folder: string,
) {
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
  return { installed, old, update: update.bytes };
}

/** What electron-builder writes where a package updates itself from an address. */
const config = (address: string) => `provider: generic\nurl: ${address}\nupdaterCacheDirName: refit-updater\n`;

const memoryOf = ({ app }: RunningApp): number => peakBytesOf(app.process().pid ?? 0) ?? Number.NaN;

const fetchedTo = (cache: string): Promise<string[]> =>
  readdir(path.join(cache, 'refit-updater', 'pending')).catch(() => []);

/** Lays an update on the server and starts an app of version 0.1.0 that finds it. */
export async function offer(
  offered: Offer,
  { copy, server, address, userDataDir }: Parts,
  until: RegExp,
): Promise<Outcome> {
  const { installed, old, update } = await lay(offered, server, path.join(userDataDir, 'apps'));
  await copy.add('app-update.yml', config(address));
  if (offered.kind === 'deb') await copy.add('package-type', 'deb');

  const cache = path.join(userDataDir, 'cache');
  const refit = await copy.launch({ APPIMAGE: installed, XDG_CACHE_HOME: cache });
  await expect.poll(() => readLog(userDataDir), { timeout: 90_000 }).toMatch(until);
  // Whatever became of the update, this version works.
  await ready(refit);
  const memoryBytes = memoryOf(refit);
  const fetched = await fetchedTo(cache);
  await refit.close();
  return { old, update, now: await readFile(installed), log: await readLog(userDataDir), memoryBytes, fetched };
}

interface Asking {
  /** Past its start, at which it was told of no server that it may ask. */
  refit: RunningApp;
  cache: string;
}

/** `asking` is one app for all tests of a file whose updates are refused: nothing of them stays in it. */
export const askingTest = test.extend<object, { asking: Asking }>({
  asking: [
    async ({ display: _ }, use) => {
      const copy = await copyPackage();
      await copy.add('app-update.yml', config('http://updates.invalid'));
      const userDataDir = await mkdtemp(path.join(os.tmpdir(), 'refit-e2e-'));
      const cache = path.join(userDataDir, 'cache');
      const refit = await launch({ userDataDir, executable: copy.executable, env: { XDG_CACHE_HOME: cache } });
      await ready(refit);
      await expect.poll(() => readLog(userDataDir), { timeout: 90_000 }).toMatch(refused);
      await use({ refit, cache });
      await refit.close();
      await copy.dispose();
      await rm(userDataDir, { recursive: true, force: true, maxRetries: 3 });
    },
    { scope: 'worker' },
  ],
});

/** Lays an update on the server and has an open app of version 0.1.0 look for it, by its own code and key, as its start does. */
export async function offerAgain(
  offered: Offer,
  { asking: { refit, cache }, server, address, userDataDir }: Omit<Parts, 'copy'> & { asking: Asking },
): Promise<Outcome> {
  const { installed, old, update } = await lay(offered, server, path.join(userDataDir, 'apps'));
  await writeFile(path.join(userDataDir, 'app-update.yml'), config(address));
  const lines = await refit.app.evaluate(
    async ({ app }, { resources, place }) => {
      const main = process.mainModule;
      if (!main) throw new Error('Main has no module to read others from');
      const { startUpdates }: typeof import('../../main/updates/updates') = main.require('./updates.js');
      const { buildKey }: { buildKey: string } = main.require(`${app.getAppPath()}/package.json`);
      process.env.APPIMAGE = place;
      const said: string[] = [];
      const keep = (...words: unknown[]): void => void said.push(words.join(' '));
      await startUpdates(resources, buildKey, { info: keep, warn: keep, error: keep });
      return said;
    },
    { resources: userDataDir, place: installed },
  );
  // Whatever became of the update, this version works.
  await ready(refit);
  const memoryBytes = memoryOf(refit);
  const log = lines.join('\n');
  return { old, update, now: await readFile(installed), log, memoryBytes, fetched: await fetchedTo(cache) };
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

/** Expects version 0.2.0 to have been refused for a reason in the log, at no cost to memory, disk or log. */
export function expectRefused({ now, old, log, memoryBytes, fetched }: Outcome, server: Server, why: RegExp): void {
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
}
