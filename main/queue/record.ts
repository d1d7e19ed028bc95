/**
 * What a queue remembers of itself, whatever ends the app: a journal with a line of JSON for each thing that happened (history.ts). It is
 * appended to, and compacted at each start. A line that is torn or foreign costs that line.
 *
 * Done once: `saving` is on the disk before a file gets its name, which nothing had. After a kill, the file of that name and size
 * is this item's; without it the item waits again.
 */
import { type FileHandle, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { maxRecipes, type QueueEvent, type QueueItem, type QueuePhase } from '../../app/queue';
import { NamedRecipe, QueueSettings } from '../../app/queueSchema';
import { privateFolder, syncFolder } from '../../storage/folder';
import { readBounded } from '../../storage/readBounded';
import { whenFree } from '../../storage/whenFree';
import { AbsolutePath, History, Line, linesOf, type Saving } from './history';

const maxJournalBytes = 2 ** 28;
const maxLineBytes = 2 ** 24;
const settingsName = 'settings.json';
const maxSettingsBytes = 2 ** 18;
/** The journal is compacted again when it has doubled; what it may grow by at least, and at most, in bytes. */
const growth = { least: 4 << 20, most: 64 << 20 };
/** After a disk was full, it is tried again. */
const retryMs = 5000;
/** Lines that are read before others get their turn. */
const linesATurn = 256;

const Remembered = z.strictObject({
  settings: QueueSettings.nullable(),
  output: AbsolutePath.nullable(),
  recipes: z.array(NamedRecipe).max(maxRecipes).default([]),
});
/** What a person set once: for this queue and those that follow. `output`: the folder's path; null: beside the pictures. */
export type Remembered = z.infer<typeof Remembered>;

export interface Kept extends Remembered {
  items: readonly QueueItem[];
  /** Absolute paths of the items, by their ids. */
  files: ReadonlyMap<number, string>;
  /** Absolute paths of what was made of them, where that is saved. */
  results: ReadonlyMap<number, string>;
  /** As it was when the app ended: `running` of one that was killed. */
  phase: QueuePhase;
  /** Of the next item; none was used before. */
  nextId: number;
}

export interface QueueRecord {
  /** What was found at the start. */
  readonly kept: Kept;
  /**
   * Every event of the queue; those that need not be remembered are left out. Returns at once.
   * @param files absolute paths of the items that it adds, by their ids.
   */
  note(event: QueueEvent, files?: ReadonlyMap<number, string>): void;
  /** Resolves when it is on the disk that a file of these items is about to get its name, or cannot be. Never throws. */
  saving(ids: readonly number[], saving: Saving): Promise<void>;
  /** Never throws. */
  remember(remembered: Remembered): Promise<void>;
  /** Writes what was noted, and waits for what is remembered. Never throws. */
  close(): Promise<void>;
}

/**
 * @param folder one of the app's own; made private.
 * @param onFault hears the system's error once, when nothing can be written: the queue goes on, and is tried again to be kept.
 */
export async function openRecord(
  folder: string,
  onFault: (error: NodeJS.ErrnoException) => void,
): Promise<QueueRecord> {
  let isTold = false;
  const tell = (error: unknown): void => {
    if (!isTold) onFault(error as NodeJS.ErrnoException);
    isTold = true;
  };
  const settingsFile = path.join(folder, settingsName);
  const history = new History();
  const journal = new Journal(path.join(folder, 'journal.jsonl'), history, tell);
  // What lies in another user's folder is not believed.
  const isOwn = await privateFolder(folder).then(
    () => true,
    (error: unknown) => tell(error),
  );
  const remembered = (isOwn && (await readRemembered(settingsFile))) || { settings: null, output: null, recipes: [] };
  if (isOwn) await journal.load();
  const kept: Kept = {
    ...remembered,
    items: history.items,
    files: new Map(history.files),
    results: new Map(history.results),
    phase: history.phase,
    nextId: history.nextId,
  };
  let remembering: Promise<void> = Promise.resolve();
  return {
    kept,
    note: (event, files) => {
      const lines = linesOf(event, files);
      if (lines.length > 0) void journal.append(lines);
    },
    saving: (ids, saving) => journal.append([{ kind: 'saving', ids: [...ids], saving }], { isSynced: true }),
    remember: (each) => {
      remembering = remembering
        .then(() => privateFolder(folder))
        .then(() => whenFree(() => writeFileAtomic(settingsFile, `${JSON.stringify(each)}\n`, { mode: 0o600 })))
        .catch(tell);
      return remembering;
    },
    close: async () => {
      await remembering;
      await journal.close();
    },
  };
}

/** Recipes that the window's queue keeps. @param folder of `openRecord`. Never throws. */
export const keptRecipes = async (folder: string): Promise<readonly NamedRecipe[]> =>
  (await readRemembered(path.join(folder, settingsName)))?.recipes ?? [];

/** Of a queue that nobody will go on with: a command's. */
export const forgetful = (remembered: Remembered): QueueRecord => ({
  kept: {
    ...remembered,
    items: [],
    files: new Map(),
    results: new Map(),
    phase: { kind: 'paused' },
    nextId: 1,
  },
  note: () => {},
  saving: async () => {},
  remember: async () => {},
  close: async () => {},
});

async function readRemembered(file: string): Promise<Remembered | null> {
  try {
    return Remembered.parse(JSON.parse((await readBounded(file, maxSettingsBytes)).toString('utf8'))) as Remembered;
  } catch {
    return null;
  }
}

/** The file. Writes come one after the other, each with all that was noted meanwhile. */
class Journal {
  private pending: string[] = [];
  private isSyncWanted = false;
  private turn: Promise<void> = Promise.resolve();
  private hasTurn = false;
  private handle: FileHandle | undefined;
  /** Of the file now, and as it was last compacted. */
  private bytes = 0;
  private compactedBytes = 0;
  private failedAt = Number.NEGATIVE_INFINITY;
  /** Something was noted that is not in the file. */
  private isBehind = false;

  constructor(
    private readonly file: string,
    private readonly history: History,
    private readonly tell: (error: unknown) => void,
  ) {}

  /** Reads what an earlier start left, and compacts it. Never throws. */
  async load(): Promise<void> {
    await this.sweep();
    const read = await readBounded(this.file, maxJournalBytes).catch((error: NodeJS.ErrnoException) => error);
    if (!Buffer.isBuffer(read)) {
      // No start may fail because of it, and no person's queue be thrown away.
      if (read.code !== 'ENOENT') await rename(this.file, `${this.file}.damaged`).catch(this.tell);
      return;
    }
    await replay(read, this.history);
    await settle(this.history);
    await this.append([]);
  }

  /** Resolves once the lines are written, and on the disk if `isSynced`; or once they cannot be. */
  append(lines: readonly Line[], { isSynced = false } = {}): Promise<void> {
    this.isBehind ||= lines.length > 0;
    for (const line of lines) {
      this.history.apply(line);
      this.pending.push(JSON.stringify(line));
    }
    this.isSyncWanted ||= isSynced;
    if (!this.hasTurn) {
      this.hasTurn = true;
      this.turn = this.turn.then(() => this.write());
    }
    return this.turn;
  }

  /** A queue that was never used leaves no file. */
  async close(): Promise<void> {
    this.failedAt = Number.NEGATIVE_INFINITY;
    await this.turn;
    if (this.isBehind) await this.append([]);
    await this.handle?.close().catch(() => {});
    this.handle = undefined;
  }

  private async write(): Promise<void> {
    this.hasTurn = false;
    // An empty line before them: they do not suffer from what a write that failed left behind.
    const text = this.pending.length > 0 ? `\n${this.pending.join('\n')}\n` : '';
    const isSynced = this.isSyncWanted;
    [this.pending, this.isSyncWanted] = [[], false];
    if (!this.handle && performance.now() - this.failedAt < retryMs) return;
    try {
      const limit = this.compactedBytes + Math.min(Math.max(this.compactedBytes, growth.least), growth.most);
      if (!this.handle || this.bytes > limit) return await this.compact();
      await this.handle.appendFile(text);
      this.bytes += Buffer.byteLength(text);
      if (isSynced) await this.handle.datasync();
      this.isBehind = this.pending.length > 0;
    } catch (error) {
      // The next write compacts, and so writes all that was noted.
      await this.handle?.close().catch(() => {});
      this.handle = undefined;
      this.failedAt = performance.now();
      this.tell(error);
    }
  }

  /** Writes the file anew, with no more lines than tell of the queue as it is now; whatever is noted by then is among them. */
  private async compact(): Promise<void> {
    await this.handle?.close();
    this.handle = undefined;
    await privateFolder(path.dirname(this.file));
    this.pending = [];
    const text = [...this.history.lines()].map((line) => `${JSON.stringify(line)}\n`).join('');
    await whenFree(() => writeFileAtomic(this.file, text, { mode: 0o600 }));
    await syncFolder(path.dirname(this.file)).catch(() => {});
    this.handle = await open(this.file, 'a', 0o600);
    this.bytes = Buffer.byteLength(text);
    this.compactedBytes = this.bytes;
    this.isBehind = this.pending.length > 0;
  }

  /** Removes what a killed process left of `compact`, or of the settings. */
  private async sweep(): Promise<void> {
    const folder = path.dirname(this.file);
    for (const name of await readdir(folder).catch(() => [] as string[]))
      if (/^(?:journal\.jsonl|settings\.json)\.\d+$/.test(name))
        await rm(path.join(folder, name), { force: true }).catch(() => {});
  }
}

async function replay(bytes: Buffer, history: History): Promise<void> {
  let read = 0;
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf('\n', at);
    const end = found < 0 ? bytes.length : found;
    const line = parsed(bytes.subarray(at, end));
    if (line) history.apply(line);
    at = end + 1;
    read += 1;
    if (read % linesATurn === 0) await setImmediate();
  }
}

function parsed(bytes: Buffer): Line | null {
  if (bytes.length === 0 || bytes.length > maxLineBytes) return null;
  try {
    return Line.safeParse(JSON.parse(bytes.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

/** What was about to get its name has it, or waits again. */
async function settle(history: History): Promise<void> {
  for (const [id, { file, shown, bytes, elapsedMs }] of [...history.saving]) {
    const facts = await lstat(file).catch(() => null);
    const isThere = facts?.isFile() === true && facts.size === bytes;
    const state = isThere ? ({ kind: 'saved', file: shown, elapsedMs } as const) : ({ kind: 'waiting' } as const);
    history.apply({ kind: 'states', states: [{ id, state }] });
  }
}
