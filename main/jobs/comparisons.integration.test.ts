import { expect, test } from 'vitest';
import type { ModelCard } from '../../app/catalog';
import { AppError } from '../../app/errors';
import { noMetadata } from '../../app/metadata.fixture';
import { apply } from '../../host/pixels/apply';
import { Maps } from '../../host/pixels/layers';
import type { Comparison, HostCalls } from '../../host/protocol';
import { exampleCard, temporaryFolder } from '../example.fixture';
import type { Host } from '../hosts/host';
import { closePictures, pixels, pixelsOf } from '../pictures/picture.fixture';
import { createShown } from '../pictures/shown';
import { createStore } from '../store';
import { createComparisons } from './comparisons';

const note = { code: 'COMPARED', left: null, right: null } as const;

closePictures();

const whole = { flow: { kind: 'whole', fit: 'contain' } } as const satisfies Partial<ModelCard>;
const cards = [exampleCard('photo'), exampleCard('cut', whole)];
const versions: [string, string] = ['a'.repeat(64), 'b'.repeat(64)];
const outputs = [{ name: 'mask', dtype: 'uint8' as const, shape: [1], bytes: new Uint8Array(1) }];
const mask = (value: number) => ({ kind: 'alpha' as const, width: 1, height: 1, bytes: Uint8Array.of(value) });

async function bench() {
  const store = createStore();
  const maps = new Maps(pixels);
  const host = {
    call: async (_: 'apply', args: HostCalls['apply']['args']) => {
      await apply(maps, args);
      return null;
    },
  } as unknown as Pick<Host, 'call'>;
  const forgotten: string[] = [];
  let freeBytes = 1e9;
  const places = { memory: null, disk: { folder: await temporaryFolder(), freeBytes: async () => freeBytes } };
  const shown = createShown(store, host, places, async ({ file }) => {
    maps.forget(file);
    forgotten.push(file);
  });
  const asked: Comparison[] = [];
  const answer: { is: () => unknown } = { is: () => null };
  const weights = {
    compare: async (_model: string, _versions: [string, string], task: (typeof asked)[number]) => {
      asked.push(task);
      return (await answer.is()) as HostCalls['compare']['result'];
    },
  };
  const comparisons = createComparisons(weights, shown, host, cards);
  const open = async (): Promise<number> => {
    const facts = { name: 'a', width: 4, height: 3, alpha: false, displayP3: false, notes: [], metadata: noMetadata };
    const { id } = await shown.create(facts);
    shown.ready({ id, transparent: false });
    return id;
  };
  const picture = await open();
  const compare = (model: string) => comparisons.compare({ model, versions, picture, note });
  const leave = (bytes: number) => {
    freeBytes = bytes;
  };
  return { store, shown, open, comparisons, compare, asked, answer, forgotten, leave, picture };
}

test('shows both versions of a tool of tiles, each on its side and as large as a result', async () => {
  const { store, shown, compare, asked } = await bench();
  const { jobId, outputs: none } = await compare('photo');
  expect(none).toBeNull();
  const [left, right] = asked[0]?.results ?? [];
  expect([left, right]).toMatchObject([
    { width: 8, height: 6 },
    { width: 8, height: 6 },
  ]);
  expect(shown.layer('before', jobId).picture).toBe(left);
  expect(shown.layer('result', jobId).picture).toBe(right);
  expect(store.get().result).toMatchObject({ id: jobId, kind: 'finished', compared: true, note });
});

test("shows what a whole tool's own code makes of the outputs of both versions", async () => {
  const { store, shown, comparisons, compare, answer } = await bench();
  answer.is = () => [outputs, outputs];
  const { jobId, outputs: both } = await compare('cut');
  expect([both, store.get().result]).toEqual([[outputs, outputs], null]);
  await comparisons.show({ jobId, answers: [mask(10), mask(20)] });
  const alphaOf = async (layer: 'before' | 'result') => {
    const { alpha } = shown.layer(layer, jobId);
    return alpha && (await pixelsOf(alpha))[0];
  };
  expect([await alphaOf('before'), await alphaOf('result')]).toEqual([10, 20]);
  expect(store.get().result).toMatchObject({ id: jobId, model: 'cut', compared: true });
});

test('takes the answers to one comparison once, and to no other', async () => {
  const { comparisons, compare, answer } = await bench();
  answer.is = () => [outputs, outputs];
  const answers: [ReturnType<typeof mask>, ReturnType<typeof mask>] = [mask(1), mask(2)];
  await expect(comparisons.show({ jobId: 1, answers })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  const { jobId } = await compare('cut');
  await comparisons.show({ jobId, answers });
  await expect(comparisons.show({ jobId, answers })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test('gives each comparison an id of its own, which no job has', async () => {
  const { compare } = await bench();
  const [one, other] = [await compare('photo'), await compare('photo')];
  expect(one.jobId).toBeGreaterThan(1e9);
  expect(other.jobId).toBeGreaterThan(one.jobId);
});

test('refuses a tool that does not exist, and a picture that is not open', async () => {
  const { comparisons, compare, asked, picture } = await bench();
  await expect(compare('none')).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  const other = comparisons.compare({ model: 'photo', versions, picture: picture + 1, note });
  await expect(other).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(asked).toEqual([]);
});

test('keeps nothing of a comparison that failed, and the result before it stays', async () => {
  const { store, compare, answer, forgotten } = await bench();
  const { jobId } = await compare('photo');
  answer.is = () => {
    throw new AppError('OUT_OF_VRAM', { model: 'The photo' });
  };
  await expect(compare('photo')).rejects.toMatchObject({ code: 'OUT_OF_VRAM' });
  expect(forgotten).toHaveLength(2);
  expect(store.get().result?.id).toBe(jobId);
});

test('says how much room it needs where there is none for two results', async () => {
  const { compare, leave, asked } = await bench();
  leave(100);
  await expect(compare('photo')).rejects.toMatchObject({ code: 'PICTURE_NEEDS_ROOM' });
  expect(asked).toEqual([]);
});

test('shows nothing on another picture that was opened meanwhile', async () => {
  const { store, compare, answer, open } = await bench();
  answer.is = async () => {
    await open();
    return null;
  };
  await expect(compare('photo')).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(store.get().result).toBeNull();
});
