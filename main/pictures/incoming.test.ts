import { expect, test } from 'vitest';
import { noMetadata } from '../../app/metadata.fixture';
import { Incoming } from './incoming';
import type { PictureFile } from './pictureFile';

test('keeps no file of a picture that nobody waits for once they are made', async () => {
  const over = new AbortController();
  const open = new Set<object>();
  const facts = { name: 'a.png', width: 2, height: 1, alpha: true, displayP3: false, notes: [], metadata: noMetadata };
  const parts = {
    makeFiles: async (shapes: object[]) => {
      for (const shape of shapes) open.add(shape);
      over.abort(new Error('stopped'));
      return shapes as PictureFile[];
    },
    close: (file: object) => void open.delete(file),
    pixels: { call: () => Promise.reject(new Error('not to be called')) },
  };
  await expect(Incoming.begin(facts, 1, parts, over.signal)).rejects.toThrow('stopped');
  expect(open.size).toBe(0);
});
