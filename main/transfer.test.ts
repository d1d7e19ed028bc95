import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Picture } from '../app/tiles';
import { exampleCard, nearest, temporaryFolder } from './example.fixture';
import { HostJob } from './hostJob';
import type { HostCalls, HostEvents } from './hostProtocol';
import { Kept } from './kept';
import { Spool, sweepSpools } from './spool';
import { type Tile, Transfer } from './transfer';

afterEach(() => vi.restoreAllMocks());

const picture: Picture = {
  width: 300,
  height: 200,
  rgb: Uint8Array.from({ length: 300 * 200 * 3 }, (_, i) => (i * 31) % 251),
};

/** Both ends, with messages that take a turn of the event loop instead of a process between them. */
function bothEnds() {
  const kinds: string[] = [];
  let kept = new Kept(1000);
  let job: HostJob | undefined;
  const later = (work: () => void) => void setImmediate(work);
  async function infer(asked: HostCalls['infer']['args']): Promise<HostCalls['infer']['result']> {
    kinds.push(asked.pixels.kind);
    const own = new HostJob(asked, (tile: HostEvents['tile']) => later(() => transfer.onTile(tile)), kept);
    job = own;
    const result = await own.runTiles(nearest(3));
    // Every tile is told before the result is.
    await new Promise((resolve) => setImmediate(resolve));
    return result;
  }
  const transfer = new Transfer({
    call: (async (_call: 'infer', args: HostCalls['infer']['args']) => infer(args)) as never,
    tell: (call, args) =>
      later(() => {
        if (call === 'rows') job?.rows(args as HostCalls['rows']['args']);
        if (call === 'took') job?.took((args as HostCalls['took']['args']).slot);
      }),
  });
  const run = async (receive: (tile: Tile) => Promise<void> | void = () => {}) => {
    const enlarged = new Uint8Array(picture.width * 2 * picture.height * 2 * 3);
    const kind = await transfer.infer(
      exampleCard('photo'),
      { id: 7, model: 'photo', device: 'gpu', picture, finished: [] },
      async (tile) => {
        const { rect, rgb } = tile;
        for (let row = 0; row < rect.height; row++)
          enlarged.set(
            rgb.subarray(row * rect.width * 3, (row + 1) * rect.width * 3),
            ((rect.y + row) * picture.width * 2 + rect.x) * 3,
          );
        await receive(tile);
      },
    );
    return { kind, enlarged };
  };
  /** Another host in the place of one that is gone. */
  const restart = () => {
    kept = new Kept(1000);
  };
  return { run, kinds, restart };
}

function expected(): Uint8Array {
  const { width, height, rgb } = picture;
  const all = new Uint8Array(width * 2 * height * 2 * 3);
  let o = 0;
  for (let y = 0; y < height * 2; y++)
    for (let x = 0; x < width * 2; x++)
      for (let c = 0; c < 3; c++) all[o++] = rgb[((y >> 1) * width + (x >> 1)) * 3 + c] ?? 0;
  return all;
}

test('brings a picture to the host and every tile back, by the spool', async () => {
  const { run, kinds } = bothEnds();
  const { kind, enlarged } = await run();
  expect([kind, ...kinds]).toEqual(['done', 'spool']);
  expect(Buffer.compare(enlarged, expected())).toBe(0);
});

test('loses no tile to a slow receiver: a slot is not used again before its tile was taken', async () => {
  const { enlarged } = await bothEnds().run(() => new Promise((resolve) => setTimeout(resolve, 3)));
  expect(Buffer.compare(enlarged, expected())).toBe(0);
});

test('brings the same picture by messages where no spool can be made', async () => {
  vi.spyOn(Spool, 'create').mockRejectedValue(new Error('ENOSPC'));
  const { run, kinds } = bothEnds();
  const { kind, enlarged } = await run();
  expect([kind, ...kinds]).toEqual(['done', 'bytes']);
  expect(Buffer.compare(enlarged, expected())).toBe(0);
});

test.each(['writePicture', 'writeSlot', 'readPicture'] as const)(
  'begins again by messages where the disk fills up in the middle (%s)',
  async (method) => {
    vi.spyOn(Spool.prototype, method).mockRejectedValueOnce(new Error('ENOSPC'));
    const { run, kinds } = bothEnds();
    const { kind, enlarged } = await run();
    expect([kind, ...kinds]).toEqual(['done', 'spool', 'bytes']);
    expect(Buffer.compare(enlarged, expected())).toBe(0);
  },
);

test('brings a second picture by the spool of the first', async () => {
  const create = vi.spyOn(Spool, 'create');
  const { run, kinds } = bothEnds();
  await run();
  const { enlarged } = await run();
  expect([kinds, create.mock.calls.length]).toEqual([['spool', 'spool'], 1]);
  expect(Buffer.compare(enlarged, expected())).toBe(0);
});

test('brings a picture by a new spool where the one before is gone with its host', async () => {
  const { run, kinds, restart } = bothEnds();
  await run();
  restart();
  const { enlarged } = await run();
  expect(kinds).toEqual(['spool', 'spool', 'spool']);
  expect(Buffer.compare(enlarged, expected())).toBe(0);
});

test('lets go of the spool when no picture follows', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const close = vi.spyOn(Spool.prototype, 'close');
  await bothEnds().run();
  expect(close).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
  // Main's and the host's.
  expect(close).toHaveBeenCalledTimes(2);
});

test('takes away what a killed process left, and nothing of one that runs', async () => {
  const folder = await temporaryFolder();
  const [ours, theirs, other] = ['refit-spool-12-a-0', 'refit-spool-34-b', 'another-12'];
  for (const name of [ours, theirs, other]) await writeFile(path.join(folder, name), '');
  await sweepSpools([folder, path.join(folder, 'none')], (pid) => pid === 34);
  expect((await readdir(folder)).sort()).toEqual([other, theirs]);
});

test('fails with what the receiver failed with', async () => {
  const failure = new Error('the window is gone');
  await expect(bothEnds().run(() => Promise.reject(failure))).rejects.toBe(failure);
});

test('leaves no file behind', async () => {
  const spy = vi.spyOn(Spool, 'create');
  await bothEnds().run();
  const spool = await spy.mock.results[0]?.value;
  const [folder, name] = [spool.facts.file.replace(/[^\\/]*$/, ''), spool.facts.file.match(/[^\\/]*$/)[0]];
  expect((await readdir(folder)).filter((file) => file.startsWith(name))).toEqual([]);
});

describe('a host that was taken over', () => {
  const rect = { x: 0, y: 0, width: 4, height: 4 };
  const bytes = { kind: 'bytes', rgb: new Uint8Array(48) } as const;

  /** A transfer whose host never answers. */
  async function taken(receive: (tile: Tile) => Promise<void> = async () => {}) {
    const transfer = new Transfer({ call: () => new Promise(() => {}), tell: () => {} });
    void transfer.infer(exampleCard('photo'), { id: 7, model: 'photo', device: 'gpu', picture, finished: [] }, receive);
    const facts = { jobId: 7, done: 1, total: 9, rect, pixels: bytes };
    const tell = (changes: Partial<HostEvents['tile']> = {}) => transfer.onTile({ ...facts, ...changes });
    await vi.waitFor(() => expect(() => tell({ rect: { ...rect, x: 1e6 } })).toThrow());
    return tell;
  }

  test.each<[string, Partial<HostEvents['tile']>]>([
    ['past the right edge', { rect: { ...rect, x: 597 } }],
    ['past the lower edge', { rect: { ...rect, y: 397 } }],
    ['of other bytes than its rectangle', { rect: { ...rect, width: 5 } }],
    ['larger than its slot', { rect: { x: 0, y: 0, width: 600, height: 400 }, pixels: { kind: 'slot', slot: 0 } }],
    ['of more tiles than there are', { done: 10 }],
  ])('gets no tile taken %s', async (_, changes) => {
    const tell = await taken();
    expect(() => tell()).not.toThrow();
    expect(() => tell(changes)).toThrow(RangeError);
  });

  test('fills no memory with tiles that nobody takes', async () => {
    const tell = await taken(() => new Promise(() => {}));
    let said = 0;
    expect(() => {
      for (; said < 1000; said++) tell();
    }).toThrow('wait');
    expect(said).toBeLessThan(64);
  });
});
