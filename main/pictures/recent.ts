/** The pictures and folders that were opened last, kept between starts: by path in a file of this user's alone, to the window by name. */
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { maxRecent, type RecentItem } from '../../app/contract';
import { readText } from '../../storage/readBounded';

const maxBytes = 1 << 20;
const Kept = z
  .array(
    z.strictObject({
      file: z
        .string()
        .max(32_767)
        .refine((file) => path.isAbsolute(file) && !file.includes('\0')),
      kind: z.enum(['picture', 'folder']),
    }),
  )
  .max(maxRecent);
type Entry = z.infer<typeof Kept>[number];

export interface Recent {
  /** The last one first. */
  list(): RecentItem[];
  /** Resolves, as the others do, once that is written or was refused. */
  add(file: string, kind: Entry['kind']): Promise<void>;
  /** By the id of `list`; undefined where it was forgotten. */
  get(id: number): Entry | undefined;
  forget(file: string): Promise<void>;
  clear(): Promise<void>;
}

interface Parts {
  nameOf(folder: string): string;
  /** A disk that refuses costs the next start's list alone. */
  log(line: string): void;
  /** The system keeps a list of its own. */
  system: { add(file: string): void; clear(): void };
}

/** @param file a missing or damaged one counts as empty. */
export async function openRecent(file: string, { nameOf, log, system }: Parts): Promise<Recent> {
  let lastId = 0;
  const numbered = (entry: Entry): Entry & { id: number } => ({ ...entry, id: ++lastId });
  let entries = await readText(file, maxBytes)
    .then((text) => Kept.parse(JSON.parse(text)).map(numbered))
    .catch(() => []);
  let writing = Promise.resolve();

  function keep(next: typeof entries): Promise<void> {
    entries = next;
    const text = `${JSON.stringify(next.map(({ id: _, ...entry }) => entry))}\n`;
    writing = writing
      .then(() => writeFileAtomic(file, text, { mode: 0o600 }))
      .catch((error: unknown) => log(`what was opened last was not kept: ${error}`));
    return writing;
  }
  const others = (each: string) => entries.filter((entry) => entry.file !== each);

  return {
    list: () =>
      entries.map(({ id, file: each, kind }) => ({
        id,
        kind,
        name: path.basename(each) || each,
        folder: nameOf(path.dirname(each)),
      })),
    add(each, kind) {
      system.add(each);
      return keep([numbered({ file: each, kind }), ...others(each)].slice(0, maxRecent));
    },
    get: (id) => entries.find((entry) => entry.id === id),
    forget: (each) => keep(others(each)),
    clear() {
      system.clear();
      return keep([]);
    },
  };
}
