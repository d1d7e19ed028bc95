import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../main/example.fixture';
import { spawnNodeHost } from './nodeHost';

test('hears all that a process said before its end, also where nobody listens for a while', async () => {
  const file = path.join(await temporaryFolder(), 'host.cjs');
  // Ends as a crash does: nothing that is left to do is done.
  await writeFile(
    file,
    'for (let i = 0; i < 20; i++) process.send(i); setTimeout(() => process.reallyExit(100), 100);',
  );
  const heard: unknown[] = [];
  const host = spawnNodeHost({}, file);
  host.onMessage((message) => heard.push(message));
  const end = new Promise<number | null>((resolve) => {
    host.onExit((code) => {
      heard.push('end');
      resolve(code);
    });
  });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  expect(await end).toBe(100);
  expect(heard).toEqual([...Array(20).keys(), 'end']);
});
