import { open, readdir } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { pictureBytes, pictureHeaderBytes } from '../../app/pictureFile';
import { temporaryFolder } from '../example.fixture';
import { closePictures, pixelsOf } from './picture.fixture';
import { PictureFile, type PictureShape } from './pictureFile';
import { createResultRoom } from './resultRoom';

closePictures();
afterEach(() => void vi.useRealTimers());

const shape: PictureShape = { width: 400, height: 300, channels: 3 };
const bytes = pictureBytes(400, 300, 3);

/** A room over a folder that stands for the system's memory. */
async function bench(freeBytes = 1e9) {
  const folder = await temporaryFolder();
  const disk = { folder: await temporaryFolder(), freeBytes: async () => 1e9 };
  const room = createResultRoom({ memory: { folder, freeBytes: async () => freeBytes }, disk });
  const close = vi.spyOn(PictureFile.prototype, 'close');
  close.mockClear();
  const allocate = vi.spyOn(PictureFile.prototype, 'allocate');
  allocate.mockClear();
  const allocated = async () => {
    await vi.waitFor(() => expect(allocate).toHaveBeenCalled());
    await allocate.mock.results.at(-1)?.value;
  };
  return { room, close, allocate, allocated, folder };
}

/** Bytes of a file that the system has allocated. */
async function roomOf({ facts }: PictureFile): Promise<number> {
  const handle = await open(facts.file, 'r');
  const { blocks } = await handle.stat();
  await handle.close();
  return blocks * 512;
}

test('hands over a file of that shape, black and wholly allocated', async () => {
  const { room, allocated } = await bench();
  room.make(shape);
  await allocated();
  const file = await room.take(shape);
  if (!file) throw new Error('Expected a file');
  expect(file.facts).toMatchObject(shape);
  expect(await roomOf(file)).toBeGreaterThanOrEqual(bytes);
  expect(await pixelsOf(file.facts)).toEqual(new Uint8Array(bytes - pictureHeaderBytes));
});

test('hands a file over once', async () => {
  const { room, allocated } = await bench();
  room.make(shape);
  await allocated();
  expect(await room.take(shape)).toBeDefined();
  expect(await room.take(shape)).toBeUndefined();
});

test('writes nothing more to a file that it has handed over', async () => {
  const { room, allocate } = await bench();
  const large: PictureShape = { width: 8000, height: 6000, channels: 3 };
  room.make(large);
  await vi.waitFor(() => expect(allocate).toHaveBeenCalled());
  let isOver = false;
  void allocate.mock.results[0]?.value.then(() => {
    isOver = true;
  });
  const file = await room.take(large);
  expect(file).toBeDefined();
  expect(isOver).toBe(true);
});

test.each<[string, PictureShape]>([
  ['width', { ...shape, width: 401 }],
  ['height', { ...shape, height: 301 }],
  ['number of channels', { ...shape, channels: 1 }],
])('gives back a file of another %s before it says that it has none', async (_, other) => {
  const { room, close, allocated } = await bench();
  room.make(shape);
  await allocated();
  expect(await room.take(other)).toBeUndefined();
  expect(close).toHaveBeenCalledTimes(1);
});

test('holds one file, however many are asked for', async () => {
  const { room, close, allocated } = await bench();
  const create = vi.mocked(PictureFile.create);
  create.mockClear();
  room.make(shape);
  await allocated();
  for (const width of [300, 200, 200, 100]) room.make({ ...shape, width });
  await vi.waitFor(() => expect(create.mock.lastCall?.[0].width).toBe(100));
  const file = await room.take({ ...shape, width: 100 });
  expect(file?.facts.width).toBe(100);
  expect(create.mock.calls.length - close.mock.calls.length).toBe(1);
});

test('takes no more than half of what a picture may take of memory', async () => {
  const create = vi.mocked(PictureFile.create);
  const tight = await bench(2 * bytes - 1);
  tight.room.make(shape);
  expect(await tight.room.take(shape)).toBeUndefined();
  expect(create).not.toHaveBeenCalled();
  const enough = await bench(2 * bytes);
  enough.room.make(shape);
  await enough.allocated();
  expect(await enough.room.take(shape)).toBeDefined();
});

test('allocates nothing where the system has no folder that lies in memory', async () => {
  const disk = { folder: await temporaryFolder(), freeBytes: async () => 1e9 };
  const room = createResultRoom({ memory: null, disk });
  room.make(shape);
  expect(await room.take(shape)).toBeUndefined();
  expect(await readdir(disk.folder)).toEqual([]);
});

test('gives back what it has where memory runs full meanwhile', async () => {
  const { room, close, allocate } = await bench();
  allocate.mockRejectedValueOnce(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  room.make(shape);
  await vi.waitFor(() => expect(allocate).toHaveBeenCalled());
  expect(await room.take(shape)).toBeUndefined();
  expect(close).toHaveBeenCalledTimes(1);
});

test('gives back what nobody has taken within two minutes', async () => {
  const { room, close, allocate } = await bench();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  room.make(shape);
  while (allocate.mock.calls.length === 0) await new Promise(setImmediate);
  vi.advanceTimersByTime(119_999);
  expect(close).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  vi.useRealTimers();
  await vi.waitFor(() => expect(close).toHaveBeenCalledTimes(1));
  expect(await room.take(shape)).toBeUndefined();
});
