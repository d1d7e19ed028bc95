/** A full disk, for real: a small file system of memory, where the test may mount it (root on Linux). */
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { QueueEvent } from '../../app/queue';
import { temporaryFolder } from '../example.fixture';
import { openRecord, type QueueRecord } from './record';

let disk = '';
async function canMount(): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  disk = await temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk], { stdio: 'ignore' });
    onTestFinished(() => void execFileSync('umount', [disk]));
    return true;
  } catch {
    return false;
  }
}

test('a queue on a disk that fills up goes on, says so once, and is kept whole once there is room', async (context) => {
  if (!(await canMount())) return context.skip();
  const faults: (string | undefined)[] = [];
  const opened = (): Promise<QueueRecord> => openRecord(path.join(disk, 'queue'), ({ code }) => faults.push(code));
  const record = await opened();
  const idsOf = ({ kept }: QueueRecord): number[] => kept.items.map(({ id }) => id);
  const add = (id: number): void => {
    const item = { id, name: `${id}.png`, folder: 'f'.repeat(500), state: { kind: 'waiting' } as const };
    const event: QueueEvent = { kind: 'added', items: [item], before: null };
    record.note(event, new Map([[id, path.join(disk, `${id}.png`)]]));
  };
  const saving = (id: number): Promise<void> =>
    record.saving([id], { file: path.join(disk, `${id} ×4.png`), shown: `${id} ×4.png`, bytes: 1, elapsedMs: 1 });

  add(1);
  await saving(1);
  const filler = path.join(disk, 'filler');
  await expect(writeFile(filler, Buffer.alloc(1 << 20))).rejects.toMatchObject({ code: 'ENOSPC' });
  for (let id = 2; id <= 50; id++) {
    add(id);
    await saving(id);
  }
  expect(faults).toEqual(['ENOSPC']);

  // What the next start finds if the app is killed now: a beginning.
  const found = idsOf(await opened());
  expect(found.length).toBeGreaterThan(0);
  expect(found).toEqual(Array.from({ length: found.length }, (_, i) => i + 1));

  await rm(filler);
  await record.close();
  const after = await opened();
  expect(idsOf(after)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  await after.close();
});
