import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepTerms } from './sdk';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refit-wheel-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** What a wheel holds, unpacked. */
async function wheelOf(...files: string[]): Promise<string> {
  for (const file of files) {
    await mkdir(join(folder, 'wheel', dirname(file)), { recursive: true });
    await writeFile(join(folder, 'wheel', file), `words of ${file}`);
  }
  return join(folder, 'wheel');
}

const information = 'tensorrt_rtx_cu12_libs-1.6.1.120.dist-info';
test.each([
  ['Linux', `${information}/licenses/LICENSE.txt`],
  ['Windows', `${information}/LICENSE.txt`],
])("keeps NVIDIA's terms of a wheel as it is for %s", async (_, terms) => {
  const wheel = await wheelOf('tensorrt_rtx_libs/__init__.py', `${information}/METADATA`, terms);
  await keepTerms('a wheel', wheel, folder);
  expect(await readFile(join(folder, 'LICENSE.txt'), 'utf8')).toBe(`words of ${terms}`);
});

test('refuses a wheel without them', async () => {
  const wheel = await wheelOf(`${information}/METADATA`, 'tensorrt_rtx_libs/LICENSE.txt');
  await expect(keepTerms('a wheel', wheel, folder)).rejects.toThrow('has no LICENSE.txt in its .dist-info');
});
