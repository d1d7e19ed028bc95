import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { closePictures, fileOf, pixels, pixelsOf } from '../../main/pictures/picture.fixture';
import type { PictureFile } from '../../main/pictures/pictureFile';
import { Maps } from './layers';
import { type PagePort, receive } from './receive';

closePictures();

/** As Electron gives it: messages are events. */
const asPagePort = (port: MessagePort): PagePort => ({
  on: (event: string, listener: (event: { data: unknown }) => void) =>
    port.on(event, (data: unknown) => listener({ data })),
  start: () => port.start(),
  postMessage: (message) => port.postMessage(message),
  close: () => port.close(),
});

let picture: PictureFile;
let alpha: PictureFile;
let page: MessagePort;
let host: PagePort;
let stop: AbortController;
beforeEach(async () => {
  [picture, alpha] = await Promise.all([fileOf(2, 3, 3), fileOf(2, 3, 1)]);
  const { port1, port2 } = new MessageChannel();
  [page, host] = [port1, asPagePort(port2)];
  stop = new AbortController();
});
afterEach(() => page.close());

const take = (withAlpha = false) => {
  const files = { picture: picture.facts, ...(withAlpha && { alpha: alpha.facts }) };
  return receive(new Maps(pixels), files, host, stop.signal);
};
const answered = () => new Promise((resolve) => page.once('message', resolve));
const rgb = Uint8Array.from({ length: 18 }, (_, i) => i + 1);

test('writes rows where they belong, each answered before the next', async () => {
  const taken = take();
  for (const [y, rows] of [
    [1, rgb.subarray(6)],
    [0, rgb.subarray(0, 6)],
  ] as const) {
    const next = answered();
    page.postMessage({ kind: 'band', y, rgb: rows, alpha: null });
    expect(await next).toBe('next');
  }
  page.postMessage({ kind: 'end', transparent: false });
  expect(await taken).toEqual({ kind: 'whole', transparent: false });
  expect(await pixelsOf(picture.facts)).toEqual(rgb);
});

test('lets the page go where the files are gone', async () => {
  await picture.close();
  const gone = new Promise<void>((resolve) => page.once('close', () => resolve()));
  expect(() => take()).toThrow();
  await gone;
});

test('writes alpha beside the colours', async () => {
  const taken = take(true);
  const shine = new Uint8Array(6).fill(128);
  const next = answered();
  page.postMessage({ kind: 'band', y: 0, rgb, alpha: shine });
  await next;
  page.postMessage({ kind: 'end', transparent: true });
  expect(await taken).toEqual({ kind: 'whole', transparent: true });
  expect(await pixelsOf(alpha.facts)).toEqual(shine);
});

test.each([
  ['beyond the picture', { kind: 'band', y: 1, rgb, alpha: null }],
  ['of half a row', { kind: 'band', y: 0, rgb: rgb.subarray(0, 9), alpha: null }],
  ['with alpha where there is none', { kind: 'band', y: 0, rgb, alpha: new Uint8Array(6) }],
  ['that are no bytes', { kind: 'band', y: 0, rgb: 'rows', alpha: null }],
  ['from nowhere', { kind: 'band', y: -1, rgb, alpha: null }],
  ['of no known kind', { kind: 'ready' }],
])('refuses rows %s', async (_, part) => {
  const taken = take();
  page.postMessage(part);
  await expect(taken).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(await pixelsOf(picture.facts)).toEqual(new Uint8Array(18));
});

test('refuses more than it has asked for', async () => {
  const taken = take();
  for (let i = 0; i < 3; i++) page.postMessage({ kind: 'band', y: 0, rgb, alpha: null });
  await expect(taken).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test('is over where the page leaves', async () => {
  const taken = take();
  page.close();
  expect(await taken).toEqual({ kind: 'left' });
});

test('is over where nobody waits for the picture, before it began or later', async () => {
  const taken = take();
  stop.abort();
  expect(await taken).toEqual({ kind: 'left' });
  expect(await take()).toEqual({ kind: 'left' });
});

test('is over where the page falls silent', async () => {
  vi.useFakeTimers();
  try {
    const taken = take();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await taken).toEqual({ kind: 'left' });
  } finally {
    vi.useRealTimers();
  }
});
