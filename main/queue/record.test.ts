import { chown, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { AppError } from '../../app/errors';
import { emptyQueue, type ItemState, nextQueue, type QueueEvent, type QueueItem, type Step } from '../../app/queue';
import { fc } from '../../test/properties';
import { temporaryFolder } from '../example.fixture';
import { linesOf } from './history';
import { openRecord, type QueueRecord, type Remembered } from './record';

const isWindows = process.platform === 'win32';
let root: string;
let folder: string;
let faults: string[];
beforeEach(async () => {
  root = await temporaryFolder();
  folder = path.join(root, 'queue');
  faults = [];
});

async function opened(): Promise<QueueRecord> {
  const record = await openRecord(folder, ({ code }) => faults.push(code ?? 'none'));
  onTestFinished(() => record.close());
  return record;
}
const journal = (): string => path.join(folder, 'journal.jsonl');
const fileOf = (id: number): string => path.join(root, 'in', `${id}.png`);
const item = (id: number, state: ItemState = { kind: 'waiting' }): QueueItem => ({
  id,
  name: `${id}.png`,
  folder: 'in',
  state,
});
const filesOf = (ids: readonly number[]): Map<number, string> => new Map(ids.map((id) => [id, fileOf(id)]));
const added = (...ids: number[]): QueueEvent => ({ kind: 'added', items: ids.map((id) => item(id)), before: null });
const stated = (id: number, state: ItemState): QueueEvent => ({ kind: 'states', states: [{ id, state }] });
const saved: ItemState = { kind: 'saved', file: 'in/a.png', elapsedMs: 12 };
const reason = new AppError('PICTURE_EMPTY', { name: 'a.png' }, 'the end').toReport();

/** Notes them at one start, and opens the record at the next. */
async function nextStart(...events: QueueEvent[]): Promise<QueueRecord> {
  const record = await opened();
  for (const event of events)
    record.note(event, event.kind === 'added' ? filesOf(event.items.map(({ id }) => id)) : undefined);
  await record.close();
  return await opened();
}
const textOf = (event: QueueEvent): string =>
  linesOf(event, event.kind === 'added' ? filesOf(event.items.map(({ id }) => id)) : undefined)
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
async function lay(text: string | Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(journal(), text);
}

describe('the next start finds', () => {
  test('nothing, and makes no file, where there was no queue', async () => {
    const { kept } = await opened();
    expect(kept).toEqual({
      items: [],
      files: new Map(),
      results: new Map(),
      phase: { kind: 'paused' },
      nextId: 1,
      settings: null,
      output: null,
      recipes: [],
    });
    expect([await readdir(folder), faults]).toEqual([[], []]);
  });

  test('the items in their order, with their paths, states and steps', async () => {
    const steps: Step[] = [{ model: 'fast-x4' }];
    const { kept } = await nextStart(
      added(1, 2, 3, 4, 5),
      { kind: 'steps', ids: [2], steps },
      { kind: 'moved', ids: [5], before: 1 },
      { kind: 'removed', ids: [3] },
      stated(1, saved),
      stated(4, { kind: 'failed', reason }),
      stated(5, { kind: 'skipped' }),
      { kind: 'phase', phase: { kind: 'running', remainingMs: 7 } },
    );
    expect(kept.items).toEqual([
      item(5, { kind: 'skipped' }),
      item(1, saved),
      { ...item(2), steps },
      item(4, { kind: 'failed', reason }),
    ]);
    expect([...kept.files].sort()).toEqual([...filesOf([1, 2, 4, 5])]);
    expect([kept.phase, kept.nextId]).toEqual([{ kind: 'running' }, 6]);
  });

  test('the same again, and an id that was never used, at each later start', async () => {
    const first = (await nextStart(added(1, 2, 3), stated(1, saved), { kind: 'removed', ids: [3] })).kept;
    expect((await nextStart()).kept).toEqual(first);
    expect(first.nextId).toBe(4);
  });

  test('what was at work waiting again', async () => {
    const { kept } = await nextStart(
      added(1, 2, 3),
      stated(1, { kind: 'opening' }),
      stated(2, { kind: 'working', step: 0, done: 1, total: 2 }),
      stated(3, { kind: 'saving' }),
    );
    expect(kept.items).toEqual([item(1), item(2), item(3)]);
  });

  test('ten thousand items that were added at once', async () => {
    const all = Array.from({ length: 10_000 }, (_, i) => i + 1);
    const { kept } = await nextStart(added(1, 10_001), { ...added(...all.slice(1)), before: 10_001 } as QueueEvent);
    expect(kept.items.map(({ id }) => id)).toEqual([...all, 10_001]);
  });

  test('a file that got its name before the app was killed', async () => {
    const record = await opened();
    record.note(added(1, 2, 3), filesOf([1, 2, 3]));
    const place = (id: number) => ({ file: path.join(root, `${id} ×4.png`), shown: `${id} ×4.png` });
    for (const id of [1, 2, 3]) await record.saving([id], { ...place(id), bytes: 5, elapsedMs: 12 });
    await writeFile(place(1).file, 'whole');
    // Somebody else's, which took the name meanwhile.
    await writeFile(place(2).file, 'another');
    const { kept } = await opened();
    expect(kept.items).toEqual([item(1, { kind: 'saved', file: '1 ×4.png', elapsedMs: 12 }), item(2), item(3)]);
    expect([...kept.results]).toEqual([[1, place(1).file]]);
  });

  test('where the files lie, wherever later ones go', async () => {
    const record = await opened();
    record.note(added(1, 2), filesOf([1, 2]));
    const file = path.join(root, 'out', 'a.png');
    for (const id of [1, 2]) {
      await record.saving([id], { file, shown: 'a.png', bytes: 5, elapsedMs: 12 });
      record.note(stated(id, saved));
    }
    record.note(stated(2, { kind: 'waiting' }));
    await record.close();
    for (let start = 0; start < 2; start++) {
      const { kept } = await nextStart();
      expect([[...kept.results], kept.items]).toEqual([[[1, file]], [item(1, saved), item(2)]]);
    }
  });

  test('all items whose text is in one file', async () => {
    const record = await opened();
    record.note(added(1, 2), filesOf([1, 2]));
    const file = path.join(root, 'all.csv');
    await record.saving([1, 2], { file, shown: 'all.csv', bytes: 5, elapsedMs: 1 });
    await writeFile(file, 'whole');
    expect((await opened()).kept.items.map(({ state }) => state.kind)).toEqual(['saved', 'saved']);
  });

  test('settings and output folder, also of an earlier queue', async () => {
    const remembered: Remembered = {
      recipes: [],
      settings: {
        recipe: {
          steps: [{ model: 'photo-x4' }],
          format: 'jpeg',
          quality: 90,
          size: { kind: 'whole' },
          keepMetadata: true,
          keepPlace: false,
          text: { format: 'txt', together: false },
        },
        pattern: '{name} {tool}',
        keepFolders: true,
      },
      output: path.join(root, 'out'),
    };
    await (await opened()).remember(remembered);
    expect((await nextStart(added(1), { kind: 'removed', ids: [1] })).kept).toMatchObject(remembered);
    await writeFile(path.join(folder, 'settings.json'), '{"settings":{},"output":"not absolute"}');
    expect((await opened()).kept).toMatchObject({ settings: null, output: null, recipes: [] });
  });
});

describe('a journal', () => {
  test('is not there where there was no queue', async () => {
    const record = await openRecord(folder, () => {});
    await record.close();
    expect(await readdir(folder)).toEqual([]);
  });

  const ids = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
  const event: fc.Arbitrary<QueueEvent> = fc.oneof(
    ids.map((all) => added(...new Set(all))),
    fc.record({ kind: fc.constant('moved' as const), ids, before: fc.option(fc.integer({ min: 1, max: 9 })) }),
    fc.record({ kind: fc.constant('removed' as const), ids }),
    fc
      .tuple(
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom<ItemState>(saved, { kind: 'skipped' }, { kind: 'waiting' }),
      )
      .map(([id, state]) => stated(id, state)),
  );

  test('that is cut at any byte is a beginning of what happened, with each item once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (events, where) => {
          const texts = events.map(textOf);
          const whole = Buffer.from(texts.join(''));
          const cut = Math.round(where * whole.length);
          await lay(whole.subarray(0, cut));
          const record = await opened();
          const { kept } = record;
          // Windows replaces no file that is still open, and the next run lays another.
          await record.close();
          let [bytes, queue] = [0, emptyQueue];
          for (const [at, each] of events.entries()) {
            bytes += Buffer.byteLength(texts[at] ?? '');
            // A line that lacks nothing but its end is whole.
            if (bytes - 1 <= cut) queue = nextQueue(queue, each);
          }
          expect(kept.items).toEqual(queue.items);
          expect(kept.items.every(({ id }) => kept.files.get(id) === fileOf(id))).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
    expect(faults).toEqual([]);
  });

  test('loses a line that is torn or foreign, and no other', async () => {
    const hostile = [
      '{"kind":"added","items":[{"id":3,"file":"rel',
      '{"kind":"added","items":[{"id":3,"file":"relative.png","folder":""}],"before":null}',
      `{"kind":"added","items":[{"id":-3,"file":${JSON.stringify(fileOf(3))},"folder":""}],"before":null}`,
      `{"kind":"added","items":[{"id":3,"file":${JSON.stringify(`${fileOf(3)}\0`)},"folder":""}],"before":null}`,
      '{"kind":"states","states":[{"id":1,"state":{"kind":"failed","reason":{"code":"NONE","params":{},"detail":""}}}]}',
      '{"kind":"launch","what":"rockets"}',
      '{"__proto__":{"kind":"removed","ids":[1]}}',
      '['.repeat(100_000),
      'null',
      '\ufffd\0',
    ];
    await lay(hostile.map((line, at) => `${line}\n${textOf(added(at + 10))}`).join(''));
    expect((await opened()).kept.items.map(({ id }) => id)).toEqual(hostile.map((_, at) => at + 10));
  });

  test.each(['folder', 'far too large'])('that is a %s is set aside', async (what) => {
    await mkdir(folder);
    if (what === 'folder') await mkdir(journal());
    else {
      await writeFile(journal(), '');
      await truncate(journal(), 2 ** 28 + 1);
    }
    const { kept } = await nextStart(added(1));
    expect(kept.items).toEqual([item(1)]);
    expect((await readdir(folder)).sort()).toEqual(['journal.jsonl', 'journal.jsonl.damaged']);
  });

  test('is compacted at a start, and while it grows', async () => {
    const record = await opened();
    record.note(added(1), filesOf([1]));
    const flips = Array.from({ length: 500 }, () => ({ id: 1, state: { kind: 'skipped' } as const }));
    let peak = 0;
    for (let i = 0; i < 600; i++) {
      record.note({ kind: 'states', states: flips });
      await record.saving([], { file: fileOf(1), shown: '', bytes: 0, elapsedMs: 0 });
      peak = Math.max(peak, (await stat(journal())).size);
    }
    expect(peak).toBeLessThan(5 << 20);
    await record.close();
    expect((await opened()).kept.items).toEqual([item(1, { kind: 'skipped' })]);
    expect((await stat(journal())).size).toBeLessThan(1000);
  });

  test.skipIf(isWindows)('is this user’s alone', async () => {
    await mkdir(folder, { mode: 0o755 });
    await (await nextStart(added(1))).remember({ settings: null, output: null, recipes: [] });
    const mode = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;
    expect(await mode(folder)).toBe(0o700);
    expect(await Promise.all([journal(), path.join(folder, 'settings.json')].map(mode))).toEqual([0o600, 0o600]);
  });

  test('leaves nothing of a start that was killed while it was compacted', async () => {
    await lay(textOf(added(1)));
    await writeFile(`${journal()}.123`, 'half');
    expect((await nextStart()).kept.items).toEqual([item(1)]);
    expect(await readdir(folder)).toEqual(['journal.jsonl']);
  });
});

describe('where nothing can be written', () => {
  test('says so once, and the queue goes on', async () => {
    await writeFile(folder, 'no folder');
    const record = await opened();
    record.note(added(1), filesOf([1]));
    await record.saving([1], { file: fileOf(1), shown: '', bytes: 0, elapsedMs: 0 });
    record.note(stated(1, saved));
    await record.remember({ settings: null, output: null, recipes: [] });
    await record.close();
    expect(faults).toEqual(['EEXIST']);
  });

  test('keeps the whole once it can be written', async () => {
    await writeFile(folder, 'no folder');
    const record = await opened();
    record.note(added(1, 2), filesOf([1, 2]));
    await record.saving([1], { file: fileOf(1), shown: '', bytes: 0, elapsedMs: 0 });
    await rm(folder);
    record.note(stated(1, saved));
    await record.close();
    expect((await opened()).kept.items).toEqual([item(1, saved), item(2)]);
    expect(await readFile(journal(), 'utf8')).toContain('"kind":"saved"');
  });

  test.skipIf(process.getuid?.() !== 0)('believes nothing in a folder of another user’s', async () => {
    await lay(textOf(added(1)));
    await chown(folder, 65_534, 65_534);
    const record = await opened();
    expect([record.kept.items, faults.length]).toEqual([[], 1]);
    record.note(added(2), filesOf([2]));
    await record.close();
    expect(await readFile(journal(), 'utf8')).toBe(textOf(added(1)));
  });
});
