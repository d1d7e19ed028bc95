import { expect, test } from 'vitest';
import type { TileEvent } from '../app/contract';
import { createOutbox } from './outbox';

const tile: TileEvent = { jobId: 1, rect: { x: 0, y: 0, width: 1, height: 1 }, rgb: new Uint8Array(3) };
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('sends a window that does not answer a few tiles and no more', async () => {
  let sent = 0;
  const outbox = createOutbox(() => void sent++);
  for (let i = 0; i < 20; i++) void outbox.show(tile);
  await settled();
  expect(sent).toBe(8);
});

test('sends the next tile when one was drawn', async () => {
  let sent = 0;
  const outbox = createOutbox(() => void sent++);
  for (let i = 0; i < 20; i++) void outbox.show(tile);
  outbox.shown();
  await settled();
  expect(sent).toBe(9);
});

test('does not wait for a window that was loaded anew', async () => {
  let sent = 0;
  const outbox = createOutbox(() => void sent++);
  for (let i = 0; i < 9; i++) void outbox.show(tile);
  outbox.reset();
  await settled();
  expect(sent).toBe(9);
});
