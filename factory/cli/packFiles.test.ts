/** Packs whose files are none: links, pipes and files without an end, which main must neither follow, wait for nor read. */
import { execFileSync } from 'node:child_process';
import { readdir, rm, symlink, truncate } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { PackFault } from '../../app/errorCodes';
import { toReport } from '../../app/errors';
import { applyPack, openPack } from '../../main/weights/pack';
import { examplePack, key } from './pack.fixture';

const refusal = (reason: PackFault) => ({ code: 'PACK_REFUSED', params: expect.objectContaining({ reason }) });
const isWindows = process.platform === 'win32';

const ways: [name: string, skip: boolean, lay: (file: string) => Promise<void> | void][] = [
  ['a link to what has no end', isWindows, (file) => symlink('/dev/zero', file)],
  ['a pipe that nobody writes to', isWindows, (file) => void execFileSync('mkfifo', [file])],
];
const timeout = 10_000;

for (const [name, skip, lay] of ways)
  test.skipIf(skip).each([
    ['manifest.json', 'unreadable'],
    ['manifest.json.sig', 'unsigned'],
  ] as const)(`a pack whose %s is ${name} is refused`, { timeout }, async (file, reason) => {
    const { pack } = await examplePack();
    await rm(path.join(pack, file));
    await lay(path.join(pack, file));
    await expect(openPack(pack, key)).rejects.toMatchObject(refusal(reason));
  });

for (const [name, skip, lay] of ways)
  test.skipIf(skip)(`a pack whose tensors are each ${name} is refused`, { timeout }, async () => {
    const { pack, onnx } = await examplePack();
    const opened = await openPack(pack, key);
    for (const object of await readdir(path.join(pack, 'objects'))) {
      await rm(path.join(pack, 'objects', object));
      await lay(path.join(pack, 'objects', object));
    }
    await expect(applyPack(opened, 'tiny', onnx)).rejects.toMatchObject(refusal('damaged'));
  });

// Windows would want the room for them.
test.skipIf(isWindows)(
  'a pack whose files are terabytes is refused before any of them is read',
  { timeout },
  async () => {
    const huge = (file: string) => truncate(file, 2 ** 40);
    const { pack, onnx } = await examplePack();
    const opened = await openPack(pack, key);
    const before = process.memoryUsage.rss();
    for (const object of await readdir(path.join(pack, 'objects'))) await huge(path.join(pack, 'objects', object));
    await expect(applyPack(opened, 'tiny', onnx)).rejects.toMatchObject(refusal('damaged'));
    await huge(path.join(pack, 'manifest.json.sig'));
    await expect(openPack(pack, key)).rejects.toMatchObject(refusal('unsigned'));
    await huge(path.join(pack, 'manifest.json'));
    await expect(openPack(pack, key)).rejects.toMatchObject(refusal('unreadable'));
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 27);
  },
);

test('a pack that is refused does not tell where it lies', async () => {
  const { pack, onnx } = await examplePack();
  const opened = await openPack(pack, key);
  const told = async (refusing: Promise<unknown>) => refusing.then(String, (error: unknown) => toReport(error));
  for (const object of await readdir(path.join(pack, 'objects'))) await rm(path.join(pack, 'objects', object));
  const damaged = await told(applyPack(opened, 'tiny', onnx));
  expect(damaged).toMatchObject({ detail: expect.stringMatching(/^ENOENT open [0-9a-f]{64}/) });
  await rm(path.join(pack, 'manifest.json'));
  const unreadable = await told(openPack(pack, key));
  expect(unreadable).toMatchObject({ detail: 'ENOENT open manifest.json' });
  expect(JSON.stringify([damaged, unreadable])).not.toContain(path.dirname(pack));
});
