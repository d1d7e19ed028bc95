/** Finds the pictures in what a person dropped or chose: files, and folders with all that lies in them. */
import type { Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { maxItems, type QueueState } from '../../app/queue';
import { isOwnTemporary } from '../../storage/saveFile';

/** What a file holds is looked at when it is opened. */
const pictureEnding = /\.(?:png|jpe?g|jpe|jfif|webp)$/i;
/** What systems lay into folders unseen. Some of it, as a Synology's "@eaDir", holds pictures of pictures. */
const systems =
  /^(?:\.|(?:thumbs\.db|ehthumbs\.db|desktop\.ini|\$recycle\.bin|system volume information|__macosx|@eadir)$)/i;
/** A share whose server follows links may seem to go on for ever. */
const maxDepth = 64;

/** A few at once, so that a person sees them come; then enough that each takes no time of its own. */
const [firstBatch, laterBatch, batchMs] = [50, 1000, 100];

export interface Found {
  /** Absolute, as it was given: a link to a picture stays one. */
  file: string;
  name: string;
  /** As of `QueueItem`. */
  folder: string;
}

export interface Batch {
  found: Found[];
  /** Since the batch before: no pictures, links within folders, what could not be read, what is more than the limit. */
  left: QueueState['left'];
}

export interface Expanding {
  limit?: number;
  /** The folder of the results: its pictures are left out where it lies within a given one. */
  leave?: string | null;
  /** Nothing follows once it aborts. */
  signal?: AbortSignal;
}

/**
 * Lists pictures by their endings, a folder's own first, in the order in which people count; then its folders. Links in folders are
 * not followed; what a person gave is taken, link or not. Hidden files and folders are left uncounted. No picture comes twice.
 * @param given paths of files and folders. @returns at least one batch, but for an end by the signal. Never throws.
 */
export async function* expand(given: readonly string[], options: Expanding = {}): AsyncGenerator<Batch> {
  const { limit = maxItems, leave, signal } = options;
  const taken = new Set<string>();
  let batch = emptyBatch();
  let [size, begunAt] = [firstBatch, performance.now()];
  const flushed = (): Batch => {
    const full = batch;
    [batch, size, begunAt] = [emptyBatch(), laterBatch, performance.now()];
    return full;
  };
  for await (const { found, left } of foldersOf(given, leave ? [leave] : [])) {
    for (const kind of ['files', 'links', 'unreadable'] as const) batch.left[kind] += left[kind];
    for (const each of found) {
      if (taken.has(each.file)) continue;
      if (taken.size === limit) {
        batch.left.beyond += 1;
        continue;
      }
      taken.add(each.file);
      if (batch.found.push(each) === size) yield flushed();
      if (signal?.aborted) return;
    }
    if (batch.found.length > 0 && performance.now() - begunAt > batchMs) yield flushed();
    if (signal?.aborted) return;
  }
  yield batch;
}

const emptyBatch = (): Batch => ({ found: [], left: { files: 0, links: 0, unreadable: 0, beyond: 0 } });

/** Each file that was given by itself, and each folder alone. @param leave folders that are not entered. */
async function* foldersOf(given: readonly string[], leave: readonly string[]): AsyncGenerator<Batch> {
  const entered = new Set<string>();
  for (const folder of leave) entered.add((await identity(folder)) ?? folder);
  for (const each of given) {
    const file = path.resolve(each);
    const name = path.basename(file);
    const part = emptyBatch();
    const facts = await stat(file).catch(() => null);
    if (facts?.isDirectory()) {
      // Whoever gives the folder of the results itself means it.
      const own = await identity(file);
      if (own) entered.add(own);
      yield* walk(file, name, entered);
      continue;
    }
    if (!facts) part.left.unreadable += 1;
    else if (facts.isFile() && isGivenPicture(name)) part.found.push({ file, name, folder: '' });
    else part.left.files += 1;
    yield part;
  }
}

/** A file that a person points at may have no ending at all. */
const isGivenPicture = (name: string): boolean =>
  !isOwnTemporary(name) && (pictureEnding.test(name) || path.extname(name) === '');

async function* walk(root: string, rootName: string, entered: Set<string>): AsyncGenerator<Batch> {
  const open = [{ folder: root, label: rootName, depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { folder, label, depth } = next;
    const part = emptyBatch();
    const folders: typeof open = [];
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => null);
    if (!entries) part.left.unreadable += 1;
    for (const entry of (entries ?? []).sort(byName)) {
      const { name } = entry;
      const file = path.join(folder, name);
      if (systems.test(name)) continue;
      const facts = await kindOf(entry, file);
      if (await isUnsayable(file, name)) part.left.unreadable += 1;
      else if (facts.isSymbolicLink()) part.left.links += 1;
      else if (facts.isDirectory()) {
        const own = await identity(file);
        if (own && entered.has(own)) continue;
        if (own) entered.add(own);
        if (own && depth < maxDepth) folders.push({ folder: file, label: joined(label, name), depth: depth + 1 });
        else part.left.unreadable += 1;
      } else if (facts.isFile() && pictureEnding.test(name)) part.found.push({ file, name, folder: label });
      else part.left.files += 1;
    }
    open.push(...folders.reverse());
    yield part;
  }
}

// The root of a disk has no name.
const joined = (label: string, name: string): string => (label ? `${label}/${name}` : name);

const collator = new Intl.Collator(undefined, { numeric: true });
const byName = (a: Dirent, b: Dirent): number =>
  collator.compare(a.name, b.name) || (a.name < b.name ? -1 : Number(a.name > b.name));

/** Windows lists what OneDrive and its like may fetch later as links, which they are not once one looks at them. */
const kindOf = async (
  entry: Dirent,
  file: string,
): Promise<Pick<Dirent, 'isSymbolicLink' | 'isDirectory' | 'isFile'>> =>
  entry.isSymbolicLink() ? lstat(file).catch(() => entry) : entry;

/** Linux takes any bytes as a name. Those that are no UTF-8 reach Node changed, and lead nowhere. */
const isUnsayable = async (file: string, name: string): Promise<boolean> =>
  name.includes('\ufffd') &&
  (await lstat(file).then(
    () => false,
    () => true,
  ));

/** The same for two ways to one folder; null where it cannot be looked at. */
async function identity(folder: string): Promise<string | null> {
  const facts = await stat(folder, { bigint: true }).catch(() => null);
  if (!facts) return null;
  // Some file systems over the network number nothing.
  return facts.ino === 0n ? folder : `${facts.dev}:${facts.ino}`;
}
