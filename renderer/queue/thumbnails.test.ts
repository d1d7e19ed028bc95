// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Outcome, Results } from '../../app/contract';
import { scenes } from '../dev/scenes';
import { show } from '../dev/show.fixture';
import { dropThumbnails, useThumbnails, wantThumbnails } from './thumbnails';

type Thumbnail = Results['queue:thumbnail'];
let asked: number[] = [];
let answers = new Map<number, (outcome: Outcome<Thumbnail>) => void>();
const live = new Set<string>();

beforeEach(async () => {
  asked = [];
  answers = new Map();
  live.clear();
  let made = 0;
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => {
    made += 1;
    live.add(`blob:${made}`);
    return `blob:${made}`;
  });
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => void live.delete(url));
  const thumbnail = (id: number) => {
    asked.push(id);
    return new Promise<Outcome<Thumbnail>>((resolve) => void answers.set(id, resolve));
  };
  await show(null, scenes.gpu ?? expect.fail(), { answers: { thumbnail } });
});
afterEach(() => {
  dropThumbnails();
  vi.restoreAllMocks();
});

const answer = async (id: number, bytes: Uint8Array | null = new Uint8Array(8)): Promise<void> => {
  answers.get(id)?.({ ok: true, value: { bytes } });
  await new Promise((resolve) => setTimeout(resolve));
};
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

it('are asked for a few at a time, and no more once they are out of sight', async () => {
  wantThumbnails(numbers(1, 20));
  expect(asked).toEqual([1, 2, 3, 4]);
  wantThumbnails(numbers(100, 120));
  await answer(1);
  await answer(2);
  expect(asked).toEqual([1, 2, 3, 4, 100, 101]);
});

it('are asked for once, also where there is none', async () => {
  wantThumbnails([1]);
  await answer(1, null);
  wantThumbnails([]);
  wantThumbnails([1]);
  expect(asked).toEqual([1]);
  expect(useThumbnails.getState().urls.get(1)).toBeNull();
});

it('are kept while there is room, and let go of after that, those in sight last', async () => {
  for (const id of numbers(1, 1001)) {
    wantThumbnails([1, id]);
    await answer(id);
  }
  expect(live.size).toBe(400);
  expect(useThumbnails.getState().urls.get(1)).toBe('blob:1');
  expect(useThumbnails.getState().urls.has(2)).toBe(false);
  dropThumbnails();
  expect(live.size).toBe(0);
});
