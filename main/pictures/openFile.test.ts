import { expect, onTestFinished, test, vi } from 'vitest';
import { AppError } from '../../app/errors';
import { noMetadata } from '../../app/metadata.fixture';
import { temporaryFolder } from '../example.fixture';
import type { PictureSink } from '../queue/workshop';
import { createStore } from '../store';
import { createOpenFile } from './openFile';
import { PictureFile } from './pictureFile';
import type { Receiving } from './receive';
import { createShown } from './shown';

const facts = { name: 'a.png', width: 4, height: 3, alpha: true, displayP3: false, notes: [], metadata: noMetadata };
const receiving = { over: Promise.resolve(), end: () => {} } as unknown as Receiving;

test('a picture that ends in the middle leaves no file of it, and the one before stays open', async () => {
  const places = { memory: null, disk: { folder: await temporaryFolder(), freeBytes: async () => 1e9 } };
  const store = createStore();
  const shown = createShown(store, { call: vi.fn() }, places, async () => {});
  const ends: Error[] = [];
  const workshop = {
    open: async (_file: string, _name: string, to: PictureSink, signal: AbortSignal) => {
      await to.facts(facts, signal);
      const [end] = ends;
      if (end) throw end;
      return { transparent: false };
    },
  };
  const openFile = createOpenFile(
    workshop,
    shown,
    () => receiving,
    () => {},
  );
  const create = vi.spyOn(PictureFile, 'create');
  const close = vi.spyOn(PictureFile.prototype, 'close');
  const { picture } = await openFile('/in/a.png', 'a.png');
  const own = (await create.mock.results[0]?.value) as PictureFile;
  onTestFinished(async () => {
    // Other tests share the module.
    for (const spied of [create, close]) spied.mockRestore();
    await own.close();
  });
  for (const spied of [create, close]) spied.mockClear();
  ends.push(new AppError('PICTURE_UNREADABLE', { name: 'b.png' }));
  await expect(openFile('/in/b.png', 'b.png')).rejects.toBe(ends[0]);
  expect(create).toHaveBeenCalledTimes(2);
  await vi.waitFor(() => expect(close).toHaveBeenCalledTimes(2));
  expect(store.get().picture?.id).toBe(picture);
});
