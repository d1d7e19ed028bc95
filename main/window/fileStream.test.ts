import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fileStream } from './fileStream';

let folder: string;
let file: string;
const bytes = randomBytes(1_000_000);
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'refit-stream-'));
  file = path.join(folder, 'a.jpg');
  await writeFile(file, bytes);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('gives a file’s bytes', async () => {
  const read = await new Response(fileStream(file)).arrayBuffer();
  expect(Buffer.from(read).equals(bytes)).toBe(true);
});

test('fails as the file does', async () => {
  await expect(new Response(fileStream(path.join(folder, 'none'))).arrayBuffer()).rejects.toThrow('ENOENT');
});

test('ends without a word where its reader goes away, whenever that is', async () => {
  const uncaught = vi.fn();
  process.on('uncaughtException', uncaught);
  try {
    for (let turns = 0; turns < 60; turns++) {
      const reader = fileStream(file).getReader();
      void reader.read().catch(() => undefined);
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      await reader.cancel().catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    process.off('uncaughtException', uncaught);
  }
  expect(uncaught).not.toHaveBeenCalled();
});
