/**
 * What a person gives the app to open: the words after its name, of this start and of later ones, which find the window open. open.ts
 * reads it before anything else, so it imports little.
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readText } from '../storage/readBounded';

/** As many as the window takes at once. */
const maxGiven = 10_000;
/** No path of Linux or Windows is longer. */
const maxPath = 32_767;
/** Chromium sends a start's words, and what goes along, in one message: one of half a megabyte ended the app that was open. */
const maxWordsBytes = 10_000;
const maxListBytes = 64 << 20;

/** Absolute paths of the words that are no switches. After `--` all are paths. @param folder where relative ones start. */
export function pathsIn(words: readonly string[], folder: string): string[] {
  const end = words.indexOf('--');
  const [before, after] = end < 0 ? [words, []] : [words.slice(0, end), words.slice(end + 1)];
  return [...before.filter((word) => !word.startsWith('-')), ...after]
    .filter((word) => word !== '' && !word.includes('\0'))
    .map((word) => path.resolve(folder, asPath(word)))
    .slice(0, maxGiven);
}

/** Some file managers give addresses. */
function asPath(word: string): string {
  try {
    return /^file:\/\//i.test(word) ? fileURLToPath(word) : word;
  } catch {
    return word;
  }
}

/** Whether another start's words are so many that they must go by a file. */
export const areMany = (words: readonly string[]): boolean => Buffer.byteLength(words.join(' ')) > maxWordsBytes;

const listOf = (folder: string, id: string): string => path.join(folder, `given-${id}.json`);

/** Before the id of such a file, among a start's words. */
const listSwitch = '--given=';

/** What one start tells another. That one may be any process of this user's. */
export interface Told {
  paths?: readonly string[];
  /** The id of a file with them. */
  list?: string;
}

/** What a start's words give. @param folder where relative paths start. */
export function toldBy(words: readonly string[], folder: string): Told {
  const list = words.find((word) => word.startsWith(listSwitch));
  return list === undefined ? { paths: pathsIn(words, folder) } : { list: list.slice(listSwitch.length) };
}

/** The paths of what was told, by whomever. @param folder of the app's data. */
export const pathsTold = async (folder: string, told: { [K in keyof Told]: unknown }): Promise<string[]> =>
  pathsOf(typeof told.list === 'string' ? await takeList(folder, told.list) : told.paths);

/** Leaves paths in a file for the app that is open. @returns the word that tells another start of it. */
export function leaveList(folder: string, paths: readonly string[]): string {
  const id = randomUUID();
  writeFileSync(listOf(folder, id), JSON.stringify(paths), { mode: 0o600, flag: 'wx' });
  return `${listSwitch}${id}`;
}

/** Reads what `leaveList` left, and removes it. @returns what it holds, unchecked; an empty list where it cannot be read. */
export async function takeList(folder: string, id: string): Promise<unknown> {
  if (!/^[0-9a-f-]{36}$/.test(id)) return [];
  const file = listOf(folder, id);
  try {
    return JSON.parse(await readText(file, maxListBytes));
  } catch {
    return [];
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
}

/** Paths that another process of this user's says it was given. */
export const pathsOf = (told: unknown): string[] =>
  (Array.isArray(told) ? told : [])
    .filter((each): each is string => typeof each === 'string' && each.length <= maxPath && path.isAbsolute(each))
    .slice(0, maxGiven);

/** Takes paths before anybody listens. */
export interface Inbox {
  give(paths: readonly string[]): void;
  /** Hears of those that came before, too. */
  listen(listener: (paths: readonly string[]) => void): void;
}

export function createInbox(): Inbox {
  let waiting: string[] = [];
  let heard: ((paths: readonly string[]) => void) | undefined;
  return {
    give(paths) {
      if (paths.length === 0) return;
      if (heard) heard(paths);
      else waiting = [...waiting, ...paths].slice(0, maxGiven);
    },
    listen(listener) {
      heard = listener;
      if (waiting.length > 0) listener(waiting);
      waiting = [];
    },
  };
}
