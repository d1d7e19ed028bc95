import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { filesAWorker, thumbnailOf } from './thumbnail';
import type { ThumbnailAsked } from './thumbnail.worker';

/** Workers that answer when they are told to. */
class MadeUpWorker extends EventTarget {
  static all: MadeUpWorker[] = [];
  asked: ThumbnailAsked[] = [];
  isEnded = false;
  constructor() {
    super();
    MadeUpWorker.all.push(this);
  }
  postMessage(asked: ThumbnailAsked): void {
    this.asked.push(asked);
  }
  terminate(): void {
    this.isEnded = true;
  }
  answer(): void {
    const data = { id: this.asked.shift()?.id, bytes: new Uint8Array(1) };
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

beforeEach(() => {
  MadeUpWorker.all = [];
  vi.stubGlobal('Worker', MadeUpWorker);
});
afterEach(async () => {
  // The worker that is left would be the next test's.
  MadeUpWorker.all.at(-1)?.dispatchEvent(new Event('error'));
  vi.unstubAllGlobals();
});

it('keeps what it read of few files, however many it is asked for', async () => {
  let most = 0;
  for (let done = 0; done < 1000; done += 4) {
    const made = Array.from({ length: 4 }, (_, i) => thumbnailOf(`app://refit/pictures/${done + i}`));
    most = Math.max(most, MadeUpWorker.all.filter(({ isEnded }) => !isEnded).length);
    for (const worker of MadeUpWorker.all) while (worker.asked.length > 0) worker.answer();
    for (const bytes of await Promise.all(made)) expect(bytes).toHaveLength(1);
  }
  expect(MadeUpWorker.all).toHaveLength(Math.ceil(1000 / filesAWorker));
  expect(most).toBeLessThanOrEqual(2);
  expect(MadeUpWorker.all.filter(({ isEnded }) => !isEnded).length).toBeLessThanOrEqual(1);
});

it('gives none of the files that a worker dies of, and goes on with another', async () => {
  const lost = [thumbnailOf('app://refit/pictures/1'), thumbnailOf('app://refit/pictures/2')];
  MadeUpWorker.all[0]?.dispatchEvent(new Event('error'));
  expect(await Promise.all(lost)).toEqual([null, null]);
  expect(MadeUpWorker.all[0]?.isEnded).toBe(true);
  const next = thumbnailOf('app://refit/pictures/3');
  MadeUpWorker.all[1]?.answer();
  expect(await next).toHaveLength(1);
});
