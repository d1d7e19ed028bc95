import { expect, test, vi } from 'vitest';
import { wholeCut } from '../../app/cut';
import { AppError } from '../../app/errors';
import { noMetadata } from '../../app/metadata.fixture';
import type { Result } from '../../app/states';
import type { Cut, TextRegion, ToolAnswer } from '../../app/toolAnswer';
import { apply } from '../../host/pixels/apply';
import { Maps } from '../../host/pixels/layers';
import type { HostCalls } from '../../host/protocol';
import { temporaryFolder } from '../example.fixture';
import type { Host } from '../hosts/host';
import { createStore } from '../store';
import { applyAnswer, type Edit } from './answer';
import { closePictures, pixels, pixelsOf } from './picture.fixture';
import { PictureFile } from './pictureFile';
import { createShown } from './shown';

closePictures();

const [width, height] = [6, 4];
const rgb = Uint8Array.from({ length: 72 }, (_, i) => i * 3);
const own = Uint8Array.from({ length: 24 }, (_, i) => 255 - i);
const corners: TextRegion['corners'] = [
  { x: 0, y: 0 },
  { x: 1, y: 0 },
  { x: 1, y: 1 },
  { x: 0, y: 1 },
];
const hide: ToolAnswer = {
  kind: 'hide',
  boxes: [{ x: 1, y: 0, width: 4, height: 4 }],
  style: 'pixelate',
  strength: 'medium',
};
const finished: Result = {
  id: 1,
  model: 'cut-out',
  width,
  height,
  kind: 'finished',
  pixels: true,
  transparent: true,
  note: null,
};
const region = { text: 'a', confidence: 1, corners };

/** An open picture, and a host that applies answers for real unless it is told to fail. */
async function bench(isTransparent = false) {
  const maps = new Maps(pixels);
  const calls: HostCalls['apply']['args'][] = [];
  const fails: { with?: Error; meanwhile?: () => Promise<void> } = {};
  const host = {
    call: async (_: 'apply', args: HostCalls['apply']['args']) => {
      calls.push(args);
      await fails.meanwhile?.();
      if (fails.with) throw fails.with;
      await apply(maps, args);
      return null;
    },
  } as unknown as Pick<Host, 'call'>;
  const places = { memory: null, disk: { folder: await temporaryFolder(), freeBytes: async () => 1e9 } };
  const forgotten: string[] = [];
  const shown = createShown(createStore(), host, places, async ({ file }) => {
    forgotten.push(file);
  });
  const open = async (): Promise<number> => {
    const facts = { name: 'a', width, height, displayP3: false, notes: [], metadata: noMetadata };
    const { id } = await shown.create({ ...facts, alpha: isTransparent });
    await shown.rows({ id, y: 0, rgb, alpha: isTransparent ? own : null });
    shown.ready({ id, transparent: isTransparent });
    return id;
  };
  const picture = await open();
  const answered = (answer: ToolAnswer, edit?: Edit) => applyAnswer(shown, host, picture, answer, edit);
  return { shown, open, picture, answered, calls, fails, forgotten };
}

test.each<[string, ToolAnswer, object]>([
  ['nothing', { kind: 'same' }, { pixels: true, transparent: true }],
  ['no face', { ...hide, boxes: [] }, { pixels: true, transparent: true, hides: { ...hide, boxes: [] } }],
  ['text', { kind: 'text', regions: [region] }, { pixels: false, regions: [region] }],
])('leaves the picture as it is for %s, and asks no host', async (_, answer, told) => {
  const { answered, calls } = await bench(true);
  const { files, told: said } = await answered(answer);
  expect([files, calls]).toEqual([{ picture: 'original', alpha: 'original' }, []]);
  expect(said).toMatchObject({ width, height, kind: 'finished', ...told });
});

test('a mask makes an alpha of its own, and colours without those that stood behind', async () => {
  const { answered } = await bench();
  const bytes = Uint8Array.from({ length: 24 }, (_, i) => (i < 12 ? 255 : 0));
  const { files, told } = await answered({ kind: 'alpha', width, height, bytes });
  expect(told).toMatchObject({ transparent: true, cut: wholeCut });
  expect(await pixelsOf((files.alpha as PictureFile).facts)).toEqual(bytes);
  const colours = await pixelsOf((files.picture as PictureFile).facts);
  expect(colours.subarray(0, 36)).toEqual(rgb.subarray(0, 36));
  // What stood behind is brighter, in every channel, than the darkest of the lower half.
  expect(Math.max(...colours.subarray(36))).toBeLessThan(rgb[36] ?? 0);
});

const mask: ToolAnswer = { kind: 'alpha', width, height, bytes: new Uint8Array(24) };

test('a mask on a colour is opaque', async () => {
  const { answered } = await bench(true);
  const change: Cut = { ...wholeCut, ground: { kind: 'colour', colour: '#0a141e' } };
  const { files, told } = await answered(mask, { change, result: { ...finished, cut: wholeCut } });
  expect([files.alpha, told.transparent, told.cut]).toEqual([undefined, false, change]);
  expect(await pixelsOf((files.picture as PictureFile).facts)).toEqual(rgb.map((_, i) => [10, 20, 30][i % 3] ?? 0));
});

test('boxes that hide make colours of their own, keep the alpha, and say that the result hides people', async () => {
  const { answered } = await bench(true);
  const { files, told } = await answered(hide);
  expect(files.alpha).toBe('original');
  expect(await pixelsOf((files.picture as PictureFile).facts)).not.toEqual(rgb);
  expect(told).toMatchObject({ hides: hide, transparent: true });
});

test('an answer that is a picture makes an opaque result', async () => {
  const { answered } = await bench(true);
  const { files, told } = await answered({ kind: 'picture', width: 1, height: 1, bytes: Uint8Array.of(1, 2, 3) });
  expect([files.alpha, told.transparent]).toEqual([undefined, false]);
  expect((await pixelsOf((files.picture as PictureFile).facts)).subarray(0, 3)).toEqual(Uint8Array.of(1, 2, 3));
});

test('keeps no file where the host failed', async () => {
  const { answered, fails, forgotten } = await bench();
  const close = vi.spyOn(PictureFile.prototype, 'close');
  close.mockClear();
  fails.with = new AppError('HOST_DIED', {});
  await expect(answered(hide)).rejects.toMatchObject({ code: 'HOST_DIED' });
  expect([forgotten.length, close.mock.calls.length]).toEqual([1, 1]);
});

test('keeps no file of an answer to a picture that has gone meanwhile', async () => {
  const { answered, fails, forgotten, open } = await bench();
  fails.meanwhile = async () => void (await open());
  await expect(answered(mask)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  // The picture before, and the two files that were made of it.
  expect(forgotten).toHaveLength(3);
});
