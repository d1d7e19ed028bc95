import type { BrowserWindow } from 'electron';
import { expect, onTestFinished, test, vi } from 'vitest';
import { coloursOf } from '../../app/metadata';
import { noMetadata } from '../../app/metadata.fixture';
import { pictureBytes } from '../../app/pictureFile';
import { emptyQueue, type QueueItem } from '../../app/queue';
import { temporaryFolder } from '../example.fixture';
import type { Host } from '../hosts/host';
import { PictureFile } from '../pictures/pictureFile';
import type { Receiving } from '../pictures/receive';
import { createShown } from '../pictures/shown';
import { createStore } from '../store';
import { createHidePaths } from '../window/hidePaths';
import { queueCommands } from './commands';
import type { Queue } from './queue';
import type { PictureSink, Workshop } from './workshop';

vi.mock('electron', () => ({ dialog: {}, shell: {} }));

const facts = { name: 'cat.png', width: 4, height: 3, alpha: false, displayP3: false, notes: [], metadata: noMetadata };
const receiving = { over: new Promise(() => {}), end: () => {} } as unknown as Receiving;

/** Commands over an open picture of 4 × 3, and one item, which is saved. @param freeBytes room for what else is opened. */
async function bench({ item = {}, saved = facts, freeBytes = 1e9 }: Partial<Bench> = {}) {
  const create = vi.spyOn(PictureFile, 'create');
  onTestFinished(async () => {
    for (const { value } of create.mock.results) await (await (value as Promise<PictureFile>)).close();
    create.mockRestore();
  });
  const store = createStore();
  let free = 1e9;
  const places = { memory: null, disk: { folder: await temporaryFolder(), freeBytes: async () => free } };
  const host = { call: () => Promise.reject(new Error('not to be called')) } as unknown as Host;
  const shown = createShown(store, host, places, async () => {});
  const openFile = async () => {
    const { id } = await shown.create({ ...facts, metadata: { ...noMetadata, exif: Uint8Array.of(1) } });
    shown.ready({ id, transparent: false });
    free = freeBytes;
    return { picture: id, signal: new AbortController().signal };
  };
  const workshop = {
    open: async (_file: string, _name: string, to: PictureSink, signal: AbortSignal) => {
      await to.facts(saved, signal);
      return { transparent: saved.alpha };
    },
  } as unknown as Workshop;
  const state = { kind: 'saved', file: 'cat.png', elapsedMs: 1 } as const;
  const items: QueueItem[] = [{ id: 1, name: 'cat.png', folder: '', steps: [{ model: 'faces' }], state, ...item }];
  const queue = { get: () => ({ ...emptyQueue, items }), filesOf: () => ({ file: '/in', saved: '/out' }) };
  const commands = queueCommands({
    queue: queue as unknown as Queue,
    add: async () => {},
    workshop,
    openFile,
    window: {} as BrowserWindow,
    ask: (ask) => ask(),
    shown,
    openPicture: () => store.get().picture?.id,
    pictureHost: host,
    receive: () => receiving,
    nextId: () => 7,
    requireIdle: () => {},
    log: () => {},
    hidePaths: createHidePaths({ '~': '/home/ada' }),
  });
  return { commands, shown, store, create };
}
interface Bench {
  item: Partial<QueueItem>;
  saved: typeof facts;
  freeBytes: number;
}

test('tells the window why an item failed without a path', async () => {
  const reason = { code: 'INTERNAL', params: {}, detail: "EIO, write '/home/ada/out/.refit-1'" } as const;
  const { commands } = await bench({ item: { state: { kind: 'failed', reason } } });
  const told = JSON.stringify(await commands['queue:get'](undefined));
  expect(told).toContain('~/out');
  expect(told).not.toContain('/home');
});

test('a saved picture that is looked at and saved once more says no more of itself than its own file', async () => {
  const { commands, shown, store } = await bench({ saved: { ...facts, metadata: coloursOf(noMetadata) } });
  await commands['queue:look'](1);
  expect(store.get().result).toMatchObject({ id: 7, model: 'faces', kept: true });
  expect(shown.opened(store.get().picture?.id ?? 0).metadata.exif).toBeDefined();
  expect(shown.metadata(7).exif).toBeUndefined();
});

test('a saved picture that there is no room for leaves no file of it', async () => {
  const close = vi.spyOn(PictureFile.prototype, 'close');
  // Room for its alpha alone.
  const { commands, store, create } = await bench({
    saved: { ...facts, alpha: true },
    freeBytes: pictureBytes(4, 3, 1),
  });
  await commands['queue:look'](1);
  expect(store.get().result).toBeNull();
  // The open picture's alone.
  expect(create.mock.calls.length - close.mock.calls.length).toBe(1);
});
