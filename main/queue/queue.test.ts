import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { AppError } from '../../app/errors';
import { emptyQueue, nextQueue, type QueueEvent, type QueueSettings, type QueueState } from '../../app/queue';
import { createSaves } from '../../storage/saveFile';
import { exampleCard, temporaryFolder } from '../example.fixture';
import type { Line, LineResult, LineWork } from './line';
import { createQueue, type Queue } from './queue';
import { openRecord } from './record';

const cards = [exampleCard('photo', { name: 'Photo ×4' }), exampleCard('text', { name: 'Read text', gives: 'text' })];
const settings: QueueSettings = {
  recipe: {
    steps: [{ model: 'photo' }],
    format: 'png',
    quality: 90,
    size: { kind: 'whole' },
    keepMetadata: true,
    keepPlace: true,
    text: { format: 'txt', together: false },
  },
  pattern: '{name} {tool}',
  keepFolders: true,
};
const corners = [0, 1, 2, 3].map((x) => ({ x, y: 0 })) as never;

/** What the line does with a file by its name; without a word it is written. */
type Script = Record<string, (work: LineWork) => Promise<LineResult | undefined>>;

/** Waits until the test lets it go on, or it is stopped. */
function held() {
  let release = (): void => {};
  const wait = new Promise<void>((resolve) => {
    release = resolve;
  });
  const until = ({ signal }: LineWork): Promise<void> =>
    Promise.race([
      wait,
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ]);
  return { until, release: () => release() };
}

async function bench(script: Script = {}, atOnce = 2) {
  const root = await temporaryFolder();
  const photos = path.join(root, 'photos');
  const out = path.join(root, 'out');
  await mkdir(path.join(photos, 'b'), { recursive: true });
  await mkdir(out);
  const begun: string[] = [];
  let [inside, peak] = [0, 0];
  const line: Line = {
    atOnce,
    onTiles: () => false,
    async run(work) {
      begun.push(work.name);
      inside += 1;
      peak = Math.max(peak, inside);
      try {
        work.told({ kind: 'opening' });
        work.told({ kind: 'working', step: 0, done: 1, total: 2 });
        const said = await script[work.name]?.(work);
        if (said) return said;
        work.told({ kind: 'saving' });
        const original = { width: 2, height: 1 };
        await work.save({ original, width: 8, height: 4 }, (file) => writeFile(file, `made of ${work.name}`));
        return { notes: [] };
      } finally {
        inside -= 1;
      }
    },
  };
  const told: QueueEvent[] = [];
  const open = async (): Promise<Queue> => {
    const record = await openRecord(path.join(root, 'queue'), (fault) => {
      throw fault;
    });
    const opened = createQueue({
      line,
      record,
      cards,
      saves: createSaves(path.join(root, 'saves'), 0o022),
      umask: 0o022,
      tell: (events) => told.push(...events),
      nameOf: path.basename,
    });
    // Else it would still write as its folder goes.
    onTestFinished(() => opened.close());
    return opened;
  };
  const queue = await open();
  queue.set(settings);
  queue.setOutput(out);
  const add = async (...names: string[]): Promise<void> => {
    for (const name of names) await writeFile(path.join(photos, name), name);
    await queue.add([photos], null);
  };
  const finished = (its = queue) => vi.waitFor(() => expect(its.get().phase.kind).toBe('finished'));
  const kinds = (its = queue) => Object.fromEntries(its.get().items.map(({ name, state }) => [name, state.kind]));
  const idOf = (name: string, its = queue) => its.get().items.find((item) => item.name === name)?.id ?? 0;
  const made = async () =>
    (await readdir(out, { recursive: true }))
      .filter((name) => name.includes('.'))
      .map((name) => name.replaceAll(path.sep, '/'))
      .sort();
  return { queue, open, add, finished, kinds, idOf, made, out, photos, begun, told, peak: () => peak };
}

test('every picture gets a file below the output folder, so many at once as the line takes', async () => {
  const { queue, add, finished, made, peak, out } = await bench();
  await add('a.png', 'b/c.png', 'd.png');
  queue.start();
  await finished();
  expect(await made()).toEqual(['photos/a ×4.png', 'photos/b/c ×4.png', 'photos/d ×4.png']);
  expect(await readFile(path.join(out, 'photos', 'a ×4.png'), 'utf8')).toBe('made of a.png');
  expect(peak()).toBe(2);
});

test('what the window is told leads to what main has', async () => {
  const { queue, add, finished, told } = await bench();
  await add('a.png', 'b.png');
  queue.start();
  await finished();
  const copy = told.reduce<QueueState>(nextQueue, emptyQueue);
  expect(copy).toEqual(queue.get());
});

test('one bad file costs that file', async () => {
  const { queue, add, finished, kinds } = await bench({
    'b.png': () => Promise.reject(new AppError('PICTURE_UNREADABLE', { name: 'b.png' })),
  });
  await add('a.png', 'b.png', 'c.png');
  queue.start();
  await finished();
  expect(kinds()).toEqual({ 'a.png': 'saved', 'b.png': 'failed', 'c.png': 'saved' });
});

test('a full disk pauses the queue with its reason, and no picture fails of it', async () => {
  const { queue, add, kinds } = await bench(
    { 'a.png': () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) },
    1,
  );
  await add('a.png', 'b.png');
  queue.start();
  await vi.waitFor(() => expect(queue.get().phase).toMatchObject({ kind: 'paused', reason: { code: 'OUTPUT_FULL' } }));
  expect(kinds()).toEqual({ 'a.png': 'waiting', 'b.png': 'waiting' });
  await queue.close();
});

test('paused, it finishes what is at work and begins nothing more', async () => {
  const { until, release } = held();
  const { queue, add, begun, kinds } = await bench({ 'a.png': async (work) => void (await until(work)) }, 1);
  await add('a.png', 'b.png');
  queue.start();
  queue.pause();
  release();
  await vi.waitFor(() => expect(kinds()['a.png']).toBe('saved'));
  expect(begun).toEqual(['a.png']);
  expect(kinds()['b.png']).toBe('waiting');
});

test('what is removed or skipped at work leaves no file', async () => {
  const { until } = held();
  const script: Script = {
    'a.png': async (work) => void (await until(work)),
    'b.png': async (work) => void (await until(work)),
  };
  const { queue, add, finished, kinds, made, idOf } = await bench(script);
  await add('a.png', 'b.png', 'c.png');
  queue.start();
  queue.remove([idOf('a.png')]);
  queue.skip([idOf('b.png')]);
  await finished();
  expect(kinds()).toEqual({ 'b.png': 'skipped', 'c.png': 'saved' });
  expect(await made()).toEqual(['photos/c ×4.png']);
});

test('what failed is tried again when the person says so', async () => {
  let tries = 0;
  const { queue, add, finished, kinds, idOf } = await bench({
    'a.png': async () => {
      tries += 1;
      if (tries === 1) throw new AppError('HOST_GAVE_UP', { how: 'crashed' });
      return undefined;
    },
  });
  await add('a.png');
  queue.start();
  await finished();
  queue.retry([idOf('a.png')]);
  expect(kinds()).toEqual({ 'a.png': 'waiting' });
  queue.start();
  await finished();
  expect(kinds()).toEqual({ 'a.png': 'saved' });
});

test('nothing is ever overwritten', async () => {
  const { queue, add, finished, made, out } = await bench();
  await mkdir(path.join(out, 'photos'));
  await writeFile(path.join(out, 'photos', 'a ×4.png'), 'somebody’s');
  await add('a.png', 'a.jpg');
  queue.start();
  await finished();
  expect(await made()).toEqual(['photos/a ×4 (2).png', 'photos/a ×4 (3).png', 'photos/a ×4.png']);
  expect(await readFile(path.join(out, 'photos', 'a ×4.png'), 'utf8')).toBe('somebody’s');
});

test('the next start has it as it was, and does only what is left', async () => {
  const { until } = held();
  const { queue, open, add, finished, kinds, idOf, begun } = await bench(
    { 'b.png': async (work) => void (await until(work)) },
    1,
  );
  await add('a.png', 'b.png', 'c.png');
  queue.start();
  await vi.waitFor(() => expect(kinds()['a.png']).toBe('saved'));
  await queue.close();
  begun.length = 0;
  const next = await open();
  expect(kinds(next)).toEqual({ 'a.png': 'saved', 'b.png': 'waiting', 'c.png': 'waiting' });
  expect(next.get().phase.kind).toBe('paused');
  expect(next.get().settings).toEqual(settings);
  next.skip([idOf('b.png', next)]);
  next.start();
  await finished(next);
  expect(begun).toEqual(['c.png']);
});

test.each([
  ['a file of its own', false],
  ['one file for all', true],
])('what a tool says of a picture is told with it and found again, with %s', async (_, together) => {
  const says = (found: number) => async () => ({
    notes: [{ code: 'LINES' as const, found }],
    text: { picture: { name: 'a', width: 4, height: 2 }, regions: [] },
  });
  const { queue, open, add, finished } = await bench({ 'a.png': says(0), 'b.png': says(2) });
  queue.set(reading({ format: 'txt', together }));
  await add('a.png', 'b.png', 'c.png');
  queue.skip([3]);
  queue.start();
  await finished();
  const found = (its = queue) => its.get().items.map(({ state }) => state.kind === 'saved' && state.notes);
  const notes = [[{ code: 'LINES', found: 0 }], [{ code: 'LINES', found: 2 }], false];
  expect(found()).toEqual(notes);
  await queue.close();
  expect(found(await open())).toEqual(notes);
});

const texts: Script = Object.fromEntries(
  ['a.png', 'b.png'].map((name) => [
    name,
    async () => ({
      notes: [],
      text: { picture: { name, width: 4, height: 2 }, regions: [{ text: `of ${name}`, confidence: 1, corners }] },
    }),
  ]),
);
const reading = (text: QueueSettings['recipe']['text']): QueueSettings => ({
  ...settings,
  recipe: { ...settings.recipe, steps: [{ model: 'text' }], text },
});

test('text is one file a picture', async () => {
  const { queue, add, finished, made, out } = await bench(texts);
  queue.set(reading({ format: 'txt', together: false }));
  await add('a.png', 'b.png');
  queue.start();
  await finished();
  expect(await made()).toEqual(['photos/a.txt', 'photos/b.txt']);
  expect(await readFile(path.join(out, 'photos', 'a.txt'), 'utf8')).toBe('of a.png\n');
});

test('text of all pictures is one file, in their order, if the person wants it so', async () => {
  const { queue, add, finished, kinds, made, out } = await bench(texts);
  queue.set(reading({ format: 'csv', together: true }));
  await add('a.png', 'b.png');
  queue.start();
  await finished();
  expect(await made()).toEqual(['photos.csv']);
  expect(await readFile(path.join(out, 'photos.csv'), 'utf8')).toBe('\uFEFFa.png,of a.png\r\nb.png,of b.png\r\n');
  expect(kinds()).toEqual({ 'a.png': 'saved', 'b.png': 'saved' });
});

test('is not started beside other work', async () => {
  const root = await temporaryFolder();
  const queue = createQueue({
    line: { atOnce: 1, onTiles: () => false, run: () => Promise.reject(new Error('not to be run')) },
    record: await openRecord(root, () => {}),
    cards,
    saves: createSaves(path.join(root, 'saves'), 0o022),
    umask: 0o022,
    tell: () => {},
    refusal: () => new AppError('BUSY', {}).toReport(),
    nameOf: path.basename,
  });
  queue.set(settings);
  expect(() => queue.start()).toThrow(expect.objectContaining({ report: expect.objectContaining({ code: 'BUSY' }) }));
});

test('counts what is no picture of this queue alone', async () => {
  const { queue, add, photos } = await bench();
  await writeFile(path.join(photos, 'tickets.pdf'), 'no picture');
  await add('a.png');
  expect(queue.get().left.files).toBe(1);
  queue.remove(queue.get().items.map(({ id }) => id));
  expect(queue.get().left.files).toBe(0);
  await add('b.png');
  expect(queue.get().left.files).toBe(1);
});
