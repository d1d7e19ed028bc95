import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { streamFile } from './fileStream';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'refit-stream-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(bytes: number): Promise<{ file: string; content: Uint8Array }> {
  const content = Uint8Array.from({ length: bytes }, (_, i) => i * 7);
  const file = path.join(folder, `${bytes}.bin`);
  await writeFile(file, content);
  return { file, content };
}

test.each([0, 1, 4096, 100_000])('gives a file of %i bytes as it is', async (bytes) => {
  const { file, content } = await fileOf(bytes);
  const given = new Uint8Array(await new Response(streamFile(file, 4096)).arrayBuffer());
  expect(Buffer.compare(given, content)).toBe(0);
});

test('reads no further than it is asked to', async () => {
  const { file } = await fileOf(100_000);
  const reader = streamFile(file, 4096).getReader();
  const { value } = await reader.read();
  expect(value?.byteLength).toBe(4096);
  await reader.cancel();
  expect(await reader.read()).toEqual({ done: true, value: undefined });
});

test('fails with the reason where there is no file', async () => {
  const nothing = streamFile(path.join(folder, 'nothing'), 4096);
  await expect(nothing.getReader().read()).rejects.toMatchObject({ code: 'ENOENT' });
});

test('ends quietly where the reader goes at whatever moment, also as the file ends', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', note);
  try {
    const { file } = await fileOf(8192);
    for (let turns = 0; turns < 60; turns++) {
      const reader = streamFile(file, 4096).getReader();
      await reader.read();
      await reader.read();
      for (let i = 0; i < turns % 12; i++) await (turns < 30 ? Promise.resolve() : new Promise(setImmediate));
      await reader.cancel();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    process.off('uncaughtException', note);
  }
  expect(uncaught).toEqual([]);
});
