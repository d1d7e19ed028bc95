import { expect, test, vi } from 'vitest';
import { AppError } from '../../app/errors';
import { noMetadata } from '../../app/metadata.fixture';
import type { Result } from '../../app/states';
import { carry } from '../../host/pixels/carry';
import { fullAlpha } from '../../host/pixels/fullAlpha';
import { Maps } from '../../host/pixels/layers';
import { view } from '../../host/pixels/view';
import type { HostCalls } from '../../host/protocol';
import type { PictureFacts } from '../../native/pixels';
import { temporaryFolder } from '../example.fixture';
import type { Host } from '../hosts/host';
import { createStore } from '../store';
import { closePictures, fileOf, pixels, pixelsOf } from './picture.fixture';
import { PictureFile } from './pictureFile';
import { createShown, type Shown } from './shown';

closePictures();

const asked = { name: 'cat.png', width: 4, height: 3, alpha: false, displayP3: false, notes: [], metadata: noMetadata };
const all = { x: 0, y: 0, width: 4, height: 3 };
const rgb = Uint8Array.from({ length: 36 }, (_, i) => i);
const alpha = Uint8Array.from({ length: 12 }, (_, i) => 200 + i);
const result: Result = {
  id: 1,
  model: 'photo',
  width: 8,
  height: 6,
  kind: 'growing',
  pixels: true,
  transparent: false,
  note: null,
};

/** Waits for files that are closed behind. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Pictures in real files; their views are made as the host makes them. @param holds whether the host keeps files until `release`. */
async function bench({ holds = false } = {}) {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const store = createStore();
  const maps = new Maps(pixels);
  const meanwhile: { carry?: () => unknown } = {};
  const viewed: HostCalls['view']['args'][] = [];
  const host = {
    call: async (
      call: string,
      args: HostCalls['view']['args'] & HostCalls['carry']['args'] & HostCalls['fullAlpha']['args'],
    ) => {
      if (call === 'carry') {
        await meanwhile.carry?.();
        await carry(maps, args);
        return null;
      }
      if (call === 'fullAlpha') {
        await fullAlpha(maps, args);
        return null;
      }
      const { region, width, height, ...layer } = args;
      viewed.push({ region, width, height, ...layer });
      return { bytes: await view(maps, layer, region, width, height) };
    },
  } as unknown as Pick<Host, 'call'>;
  const close = vi.spyOn(PictureFile.prototype, 'close');
  const closed = () => close.mock.contexts.map((file) => (file as PictureFile).facts);
  close.mockClear();
  const places = { memory: null, disk: { folder: await temporaryFolder(), freeBytes: async () => 1e9 } };
  const forgotten: PictureFacts[] = [];
  const shown = createShown(store, host, places, async (facts) => {
    // The host must let go of its mapping before the file is closed.
    expect(closed()).not.toContain(facts);
    maps.forget(facts.file);
    forgotten.push(facts);
    if (holds) await held;
  });
  const open = async (changes: Partial<typeof asked> = {}, transparent = false): Promise<number> => {
    const { id } = await shown.create({ ...asked, ...changes });
    await shown.rows({ id, y: 0, rgb, alpha: changes.alpha ? alpha : null });
    shown.ready({ id, transparent });
    return id;
  };
  return { shown, store, open, closed, forgotten, viewed, meanwhile, release: () => release() };
}

test('opens a picture once all of it is there', async () => {
  const { shown, store } = await bench();
  const { id } = await shown.create(asked);
  await shown.rows({ id, y: 1, rgb: rgb.subarray(12), alpha: null });
  await shown.rows({ id, y: 0, rgb: rgb.subarray(0, 12), alpha: null });
  expect(store.get().picture).toBeNull();
  shown.ready({ id, transparent: false });
  expect(store.get().picture).toMatchObject({ id, name: 'cat.png', width: 4, height: 3, transparent: false });
  expect(await pixelsOf(shown.opened(id).layer.picture)).toEqual(rgb);
});

test('keeps the picture before, and its result, until the next one is ready', async () => {
  const { shown, store, open, closed } = await bench();
  const first = await open();
  shown.show(result, { picture: await fileOf(8, 6, 3) });
  const { id } = await shown.create(asked);
  expect((await shown.view({ layer: 'original', id: first, region: all, width: 4, height: 3 })).bytes).toEqual(rgb);
  expect(closed()).toEqual([]);
  shown.ready({ id, transparent: false });
  expect(store.get()).toMatchObject({ picture: { id }, result: null });
  await settle();
  expect(closed()).toHaveLength(2);
});

test.each<[string, Partial<{ y: number; rgb: Uint8Array; alpha: Uint8Array | null }>]>([
  ['past the last one', { y: 1 }],
  ['that begin past the last one', { y: 3, rgb: rgb.subarray(0, 12) }],
  ['of half a row', { rgb: rgb.subarray(0, 18) }],
  ['of nothing', { rgb: new Uint8Array() }],
  ['with alpha of a picture that has none', { alpha }],
])('refuses rows %s', async (_, changes) => {
  const { shown } = await bench();
  const { id } = await shown.create(asked);
  await expect(shown.rows({ id, y: 0, rgb, alpha: null, ...changes })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test.each([
  ['without the alpha that it has', null],
  ['with alpha of fewer pixels', alpha.subarray(1)],
])('refuses rows of a transparent picture %s', async (_, wrong) => {
  const { shown } = await bench();
  const { id } = await shown.create({ ...asked, alpha: true });
  await expect(shown.rows({ id, y: 0, rgb, alpha: wrong })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test('refuses more rows at once than one message may have', async () => {
  const { shown } = await bench();
  const { id } = await shown.create({ ...asked, width: 1000, height: 6000 });
  const many = new Uint8Array(1000 * 3 * 5600);
  await expect(shown.rows({ id, y: 0, rgb: many, alpha: null })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test('refuses rows of the open picture, and of one that was never begun', async () => {
  const { shown, open } = await bench();
  const id = await open();
  for (const other of [id, id + 1]) {
    await expect(shown.rows({ id: other, y: 0, rgb, alpha: null })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
    expect(() => shown.ready({ id: other, transparent: false })).toThrow();
  }
});

test('refuses ids of pictures that are gone', async () => {
  const { shown, open } = await bench();
  const first = await open();
  shown.show(result, { picture: await fileOf(8, 6, 3) });
  await open();
  const whole = { region: all, width: 4, height: 3 };
  expect(() => shown.opened(first)).toThrow();
  await expect(shown.view({ layer: 'original', id: first, ...whole })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await expect(shown.view({ layer: 'result', id: 1, ...whole })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test('says how much room a picture needs where there is none, and keeps the one before', async () => {
  const { shown, open } = await bench();
  const id = await open();
  const large = shown.create({ ...asked, width: 20_000, height: 10_000 });
  await expect(large).resolves.toBeDefined();
  const none = createShown(
    createStore(),
    { call: vi.fn() },
    { memory: null, disk: { folder: '/nowhere', freeBytes: async () => 10 } },
    async () => {},
  );
  await expect(none.create(asked)).rejects.toMatchObject({ code: 'PICTURE_NEEDS_ROOM' });
  expect(shown.opened(id).told.id).toBe(id);
});

test('closes no file before the host has let go of it', async () => {
  const { shown, open, closed, release } = await bench({ holds: true });
  await open();
  await open();
  await settle();
  expect(closed()).toHaveLength(0);
  release();
  await settle();
  expect(closed()).toHaveLength(1);
  shown.drop();
});

test('forgets and closes each file once, whatever is done with it', async () => {
  const { shown, open, closed, forgotten } = await bench();
  const create = vi.mocked(PictureFile.create);
  create.mockClear();
  await open({ alpha: true }, true);
  shown.show(result, { picture: await shown.makeFile({ width: 8, height: 6, channels: 3 }), alpha: 'original' });
  const [right, left] = [
    await shown.makeFile({ width: 8, height: 6, channels: 3 }),
    await shown.makeFile({ width: 8, height: 6, channels: 3 }),
  ];
  shown.show({ ...result, id: 2, kind: 'finished', compared: true }, { picture: right }, { picture: left });
  shown.drop();
  shown.drop();
  await shown.create({ ...asked, alpha: true });
  // This one takes the place of the one that was begun; its alpha is all opaque.
  await open({ alpha: true }, false);
  const { id } = await shown.create(asked);
  shown.ready({ id, transparent: false });
  const made = await Promise.all(create.mock.results.map(async ({ value }) => ((await value) as PictureFile).facts));
  const gone = made.slice(0, -1);
  const paths = (files: readonly PictureFacts[]) => new Set(files);
  expect(forgotten).toHaveLength(gone.length);
  expect(paths(forgotten)).toEqual(paths(gone));
  await settle();
  expect(closed()).toHaveLength(gone.length);
});

/** Pictures over a memory that has room for so many bytes. */
async function tightBench(totalBytes: number) {
  const folder = await temporaryFolder();
  const files = vi.mocked(PictureFile.create);
  files.mockClear();
  const closing = vi.spyOn(PictureFile.prototype, 'close');
  closing.mockClear();
  const freeBytes = async () => {
    const closed = new Set(closing.mock.contexts);
    const made = await Promise.all(files.mock.results.map(({ value }) => value as Promise<PictureFile>));
    const held = made.filter((file) => !closed.has(file)).map(({ facts }) => facts.width * facts.height * 3 + 64);
    return totalBytes - held.reduce((sum, bytes) => sum + bytes, 0);
  };
  const places = { memory: { folder, freeBytes }, disk: { folder, freeBytes: async () => 0 } };
  return { shown: createShown(createStore(), { call: vi.fn() }, places, async () => {}), files };
}

test('makes a result of the file that was allocated ahead, without looking for room again', async () => {
  const { shown, files } = await tightBench(2 * 30_064);
  const shape = { width: 100, height: 100, channels: 3 } as const;
  shown.expect(shape);
  await vi.waitFor(() => expect(files).toHaveBeenCalledTimes(1));
  const ahead = await files.mock.results[0]?.value;
  expect(await shown.makeFile(shape)).toBe(ahead);
});

test.each<[string, (shown: Awaited<ReturnType<typeof tightBench>>['shown']) => Promise<unknown>]>([
  ['a result of another size', (shown) => shown.makeFile({ width: 200, height: 100, channels: 3 })],
  ['another picture', (shown) => shown.create({ ...asked, width: 200, height: 100 })],
])('gives back the file that was allocated ahead before it looks for room for %s', async (_, make) => {
  const { shown, files } = await tightBench(2 * 30_064);
  shown.expect({ width: 100, height: 100, channels: 3 });
  await vi.waitFor(() => expect(files).toHaveBeenCalledTimes(1));
  await files.mock.results[0]?.value;
  await expect(make(shown)).resolves.toBeDefined();
});

test('holds one picture that is begun, however many are begun at once', async () => {
  const { shown, closed } = await bench();
  await Promise.all([shown.create(asked), shown.create(asked), shown.create(asked)]);
  expect(closed()).toHaveLength(2);
});

test('takes a picture whose alpha is all opaque for one without', async () => {
  const { shown, open } = await bench();
  const id = await open({ alpha: true }, false);
  const seen = await shown.view({ layer: 'original', id, region: all, width: 4, height: 3 });
  expect([seen.channels, seen.bytes]).toEqual([3, rgb]);
});

/** Begins a picture that is red where it is opaque, but for one row, and black elsewhere, as decoders leave it. */
async function beginBadge({ shown }: Pick<Awaited<ReturnType<typeof bench>>, 'shown'>): Promise<number> {
  const { id } = await shown.create({ ...asked, alpha: true });
  const red = Uint8Array.from({ length: 36 }, (_, i) => (i % 3 === 0 && i < 24 ? 200 : 0));
  const shine = Uint8Array.from({ length: 12 }, (_, i) => (i < 8 ? 255 : 0));
  await shown.rows({ id, y: 0, rgb: red, alpha: shine });
  return id;
}
const red = Uint8Array.from({ length: 36 }, (_, i) => (i % 3 === 0 ? 200 : 0));

test('carries colours under the transparency before a picture opens, and gives the first file back', async () => {
  const { shown, forgotten, ...rest } = await bench();
  const id = await beginBadge({ shown, ...rest });
  await shown.carry({ id, transparent: true });
  expect(forgotten).toHaveLength(1);
  shown.ready({ id, transparent: true });
  expect(await pixelsOf(shown.opened(id).layer.picture)).toEqual(red);
});

test('carries nothing where nothing shines through', async () => {
  const { shown, forgotten, ...rest } = await bench();
  const id = await beginBadge({ shown, ...rest });
  await shown.carry({ id, transparent: false });
  const opaque = await shown.create(asked);
  await shown.carry({ id: opaque.id, transparent: true });
  expect(vi.mocked(PictureFile.create).mock.calls.map(([{ channels }]) => channels)).toEqual([3, 1, 3]);
  expect(forgotten).toHaveLength(2);
});

test.each<[string, (bench: { shown: Shown; id: number }) => unknown, object]>([
  ['another picture is begun meanwhile', ({ shown }) => shown.create(asked), { code: 'BAD_MESSAGE' }],
  [
    'the host dies of it',
    () => {
      throw new AppError('HOST_DIED', {});
    },
    { code: 'HOST_DIED' },
  ],
])('leaves no file behind where %s', async (_, happens, error) => {
  const { shown, meanwhile, closed } = await bench();
  vi.mocked(PictureFile.create).mockClear();
  const id = await beginBadge({ shown });
  meanwhile.carry = () => happens({ shown, id });
  await expect(shown.carry({ id, transparent: true })).rejects.toMatchObject(error);
  await shown.create(asked);
  await settle();
  const made = vi.mocked(PictureFile.create).mock.calls.length;
  expect(closed()).toHaveLength(made - 1);
});

test('carries once where it is told twice', async () => {
  const { shown, meanwhile, closed } = await bench();
  const id = await beginBadge({ shown });
  const twice = [shown.carry({ id, transparent: true }), shown.carry({ id, transparent: true })];
  meanwhile.carry = settle;
  const ends = await Promise.allSettled(twice);
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  shown.ready({ id, transparent: true });
  expect(await pixelsOf(shown.opened(id).layer.picture)).toEqual(red);
  await settle();
  expect(closed()).toHaveLength(2);
});

test('gives a view of a transparent picture with its alpha', async () => {
  const { shown, open } = await bench();
  const id = await open({ alpha: true }, true);
  const seen = await shown.view({
    layer: 'original',
    id,
    region: { x: 1, y: 2, width: 1, height: 1 },
    width: 1,
    height: 1,
  });
  expect([seen.channels, [...seen.bytes]]).toEqual([4, [27, 28, 29, 209]]);
});

test.each([
  ['past the right edge', { x: 1, y: 0, width: 4, height: 3 }],
  ['past the lower edge', { x: 0, y: 3, width: 1, height: 1 }],
])('refuses a view %s', async (_, region) => {
  const { shown, open, viewed } = await bench();
  const id = await open();
  const asking = shown.view({ layer: 'original', id, region, width: 1, height: 1 });
  await expect(asking).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(viewed).toEqual([]);
});

test('says which parts of a view of a growing result are there, and reads nothing where none is', async () => {
  const { shown, open, viewed } = await bench();
  await open();
  shown.show(result, { picture: await fileOf(8, 6, new Uint8Array(144).fill(9)) });
  const left = { x: 0, y: 0, width: 4, height: 6 };
  const ask = (x: number) =>
    shown.view({ layer: 'result', id: 1, region: { x, y: 0, width: 4, height: 6 }, width: 2, height: 3 });
  expect(await ask(0)).toMatchObject({ there: [], bytes: new Uint8Array(18) });
  expect(viewed).toEqual([]);
  shown.grown(1, [left]);
  expect(await ask(0)).toMatchObject({ there: [left], bytes: new Uint8Array(18).fill(9) });
  expect((await ask(4)).there).toEqual([]);
  shown.tell(1, { kind: 'finished' });
  expect((await ask(4)).there).toBeNull();
});

test('tells nothing of a result that is gone', async () => {
  const { shown, store, open } = await bench();
  await open();
  shown.show(result, { picture: await fileOf(8, 6, 3) });
  shown.drop();
  shown.tell(1, { kind: 'finished' });
  shown.grown(1, [{ x: 0, y: 0, width: 1, height: 1 }]);
  expect(store.get().result).toBeNull();
});

test('says that memory or disk has run full while a picture is opened', async () => {
  const { shown } = await bench();
  const { id } = await shown.create(asked);
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  const write = vi.spyOn(PictureFile.prototype, 'writeRows').mockRejectedValueOnce(full);
  await expect(shown.rows({ id, y: 0, rgb, alpha: null })).rejects.toMatchObject({ code: 'PICTURE_NEEDS_ROOM' });
  write.mockRestore();
});

test('refuses a view of another size than the window asked for, whatever its host says', async () => {
  const host = { call: async () => ({ bytes: new Uint8Array(5) }) } as unknown as Pick<Host, 'call'>;
  const places = { memory: null, disk: { folder: await temporaryFolder(), freeBytes: async () => 1e9 } };
  const shown = createShown(createStore(), host, places, async () => {});
  const { id } = await shown.create(asked);
  shown.ready({ id, transparent: false });
  const viewing = shown.view({ layer: 'original', id, region: all, width: 4, height: 3 });
  await expect(viewing).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

const finished: Result = { ...result, kind: 'finished' };
const newName = () => 'cat ×2.png';

test('a finished result becomes the open picture, and what was open before goes', async () => {
  const { shown, store, open, closed } = await bench();
  const first = await open();
  const made = await fileOf(8, 6, 3);
  shown.show(finished, { picture: made });
  await shown.use(newName);
  const { picture, result: after } = store.get();
  expect(picture).toMatchObject({ name: 'cat ×2.png', width: 8, height: 6, transparent: false });
  expect(picture?.id).not.toBe(first);
  expect(after).toBeNull();
  expect(shown.opened(picture?.id ?? 0).layer).toEqual({ picture: made.facts });
  await settle();
  expect(closed()).toHaveLength(1);
});

test('an enlarged transparent result gets alpha of its own size', async () => {
  const { shown, store, open } = await bench();
  await open({ alpha: true }, true);
  shown.show({ ...finished, transparent: true }, { picture: await fileOf(8, 6, 3), alpha: 'original' });
  await shown.use(newName);
  const { layer } = shown.opened(store.get().picture?.id ?? 0);
  expect(layer).toMatchObject({ picture: { width: 8, height: 6 }, alpha: { width: 8, height: 6 } });
  const large = await pixelsOf(layer.alpha as PictureFacts);
  expect(Math.min(...large)).toBeGreaterThanOrEqual(200);
});

test('of people who are hidden the next picture’s file tells nothing', async () => {
  const { shown, store, open } = await bench();
  await open({ metadata: { ...noMetadata, exif: new Uint8Array([1, 2, 3]) } });
  const hides = { kind: 'hide' as const, boxes: [], style: 'solid' as const, strength: 'strong' as const };
  shown.show({ ...finished, width: 4, height: 3, hides }, { picture: await fileOf(4, 3, 3) });
  await shown.use(newName);
  expect(shown.opened(store.get().picture?.id ?? 0).metadata.exif).toBeUndefined();
});

test.each<[string, Result | null]>([
  ['there is none', null],
  ['it still grows', result],
  ['it has no pixels', { ...finished, pixels: false }],
])('nothing is used where %s', async (_, told) => {
  const { shown, store, open } = await bench();
  const id = await open();
  if (told) shown.show(told, { picture: await fileOf(8, 6, 3) });
  await expect(shown.use(newName)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(store.get().picture?.id).toBe(id);
});

test('a result whose picture is another one meanwhile is not used', async () => {
  const { shown, store, open, meanwhile, closed } = await bench();
  await open({ alpha: true }, true);
  shown.show({ ...finished, transparent: true }, { picture: await fileOf(8, 6, 3), alpha: 'original' });
  let other = 0;
  meanwhile.carry = async () => {
    delete meanwhile.carry;
    other = await open();
  };
  await expect(shown.use(newName)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(store.get().picture?.id).toBe(other);
  await settle();
  // Picture, its alpha, the result, and both files that were made for nothing.
  expect(closed().length).toBeGreaterThanOrEqual(5);
});
