import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { commands } from '../../app/contract';
import { temporaryFolder } from '../../main/example.fixture';
import type { Tool, ToolInput } from '../../models/tool';
import { toolScript } from './addCard';

const app = path.resolve(import.meta.dirname, '..', '..', 'app');

/** The tool that `refit add` writes, as the app would load it from its folder. */
async function addedTool(): Promise<Tool> {
  const file = path.join(await temporaryFolder(), 'tool.ts');
  await writeFile(file, toolScript.replaceAll("'../../app/", `'${app.replaceAll(path.sep, '/')}/`));
  const { tool }: { tool: Tool } = await import(pathToFileURL(file).href);
  return tool;
}

const input: ToolInput = {
  picture: { width: 8, height: 4, transparent: false },
  outputs: [],
  fit: 'contain',
  input: { width: 8, height: 8 },
  cut: () => Promise.reject(new Error('Expected no cut')),
  look: () => Promise.reject(new Error('Expected no look')),
  run: null,
};

test('the tool of an added model shows its first output as grey, in an answer that main takes', async () => {
  const values = Float32Array.from({ length: 64 }, (_, i) => i);
  const output = { name: 'mask', dtype: 'float32' as const, shape: [1, 1, 8, 8], bytes: new Uint8Array(values.buffer) };
  const finished = await (await addedTool()).finish({ ...input, outputs: [output] });
  const { answer } = commands['job:finish'].parse({ jobId: 1, ...finished });
  // Without the lower half of the input, which the picture does not fill.
  expect(answer).toMatchObject({ kind: 'picture', width: 8, height: 4 });
  const grey = answer.kind === 'picture' ? [...answer.bytes].filter((_, i) => i % 3 === 0) : [];
  expect(grey).toEqual(Array.from({ length: 32 }, (_, i) => Math.floor((i / 63) * 255)));
});
