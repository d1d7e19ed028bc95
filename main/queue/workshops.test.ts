import { expect, test } from 'vitest';
import { createWorkshops, type Workshops } from './workshops';

test('a task goes to the page that has the least to do, and thumbnails to the first alone', async () => {
  const asked: string[] = [];
  const ends: (() => void)[] = [];
  const one = (i: number): Workshops => ({
    open: async (file) => {
      asked.push(`open ${file} ${i}`);
      await new Promise<void>((resolve) => ends.push(resolve));
      return { transparent: false };
    },
    thumbnail: async (file) => {
      asked.push(`thumbnail ${file} ${i}`);
      return null;
    },
    finish: async () => {
      asked.push(`finish ${i}`);
      throw new Error('failed');
    },
    close: () => asked.push(`close ${i}`),
  });
  const workshops = createWorkshops([one(0), one(1)]);
  const sink = {} as Parameters<Workshops['open']>[2];
  const { signal } = new AbortController();
  const open = (file: string) => workshops.open(file, file, sink, signal);
  const first = open('a');
  void open('b');
  await workshops.thumbnail('c');
  ends[0]?.();
  await first;
  // What fails leaves its page free.
  await expect(workshops.finish({} as never, {} as never, signal)).rejects.toThrow('failed');
  void open('d');
  workshops.close();
  expect(asked).toEqual(['open a 0', 'open b 1', 'thumbnail c 0', 'finish 0', 'open d 0', 'close 0', 'close 1']);
});
