import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { emptyQueue, type QueueItem } from '../../app/queue';
import { temporaryFolder } from '../example.fixture';
import type { Queue } from '../queue/queue';
import { createOpening } from './opening';
import { openRecent } from './recent';

async function bench(items: QueueItem[] = []) {
  const folder = await temporaryFolder();
  const [file, other] = [path.join(folder, 'a.png'), path.join(folder, 'album')];
  await writeFile(file, 'a picture');
  await mkdir(other);
  const add = vi.fn(async () => {});
  const openFile = vi.fn(async () => ({ picture: 1, signal: new AbortController().signal }));
  const tell = vi.fn();
  const recent = await openRecent(path.join(folder, 'recent.json'), {
    nameOf: (each) => each,
    log: () => {},
    system: { add: () => {}, clear: () => {} },
  });
  const queue = { get: () => ({ ...emptyQueue, items }), add } as unknown as Queue;
  const { open, handlers } = createOpening({ queue, recent, openFile, tell });
  return { file, folder: other, add, openFile, tell, recent, open, handlers };
}

describe('what the app is given to open', () => {
  it('waits for the window where it is one picture, and is remembered once it is open', async () => {
    const { file, add, openFile, tell, recent, open, handlers } = await bench();
    await open([file]);
    expect([tell.mock.calls.length, add.mock.calls.length]).toEqual([1, 0]);
    expect(await handlers['given:take'](undefined)).toEqual({ name: 'a.png' });
    expect(await handlers['given:take'](undefined)).toBeNull();
    await handlers['given:open'](undefined);
    expect(openFile).toHaveBeenCalledWith(file, 'a.png');
    expect(recent.list()).toMatchObject([{ name: 'a.png', kind: 'picture' }]);
    await expect(handlers['given:open'](undefined)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  });

  it('goes into the queue where it is more, a folder, or there is a queue', async () => {
    const { file, folder, add, recent, open } = await bench();
    await open([file, file]);
    await open([folder]);
    expect(add.mock.calls).toEqual([
      [[file, file], null],
      [[folder], null],
    ]);
    expect(recent.list()).toMatchObject([{ kind: 'folder' }]);
    const busy = await bench([{ id: 1, name: 'b.png', folder: '', state: { kind: 'waiting' } }]);
    await busy.open([busy.file]);
    expect(busy.add).toHaveBeenCalledWith([busy.file], null);
  });

  it('is forgotten where it is gone', async () => {
    const { file, recent, handlers } = await bench();
    await recent.add(file, 'picture');
    const [entry] = recent.list();
    await rm(file);
    await expect(handlers['recent:open']({ id: entry?.id ?? 0 })).rejects.toMatchObject({ code: 'PICTURE_NOT_OPENED' });
    expect(recent.list()).toEqual([]);
    await expect(handlers['recent:open']({ id: 99 })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  });
});
