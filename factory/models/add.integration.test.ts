import { access, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseModelCard } from '../../app/catalog';
import { AddRefused, type AddRequest, addModel } from './add';
import { convertModel } from './prepare';
import { ensurePython, python, repository } from './python';

const quiet = () => {};
let examples = '';
let modelsDir = '';

beforeAll(async () => {
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'refit-add-'));
  examples = path.join(scratch, 'examples');
  modelsDir = path.join(scratch, 'models');
  await mkdir(examples);
  await mkdir(modelsDir);
  await ensurePython(['requirements.txt'], quiet);
  await python([path.join(repository, 'factory', 'models', 'example_onnx.py'), examples]);
  return () => rm(scratch, { recursive: true, force: true });
}, 300_000);
afterEach(async () => {
  for (const name of await readdir(modelsDir)) await rm(path.join(modelsDir, name), { recursive: true });
});

const requestOf = (file: string, changes: Partial<AddRequest> = {}): AddRequest => ({
  onnx: path.join(examples, `${file}.onnx`),
  id: 'mine',
  values: 'unit',
  profiles: [{ height: 64, width: 64 }],
  whole: false,
  overlap: 8,
  spdx: 'MIT',
  holder: 'me',
  modelsDir,
  ...changes,
});
const add = (file: string, changes?: Partial<AddRequest>) => addModel(requestOf(file, changes), quiet);
const refusal = async (file: string, changes?: Partial<AddRequest>): Promise<string> => {
  const error = await add(file, changes).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AddRefused)) throw error ?? new Error(`${file} was not refused`);
  return error.message;
};

describe('a network that gives a picture back', () => {
  it('becomes a model of tiles, its scale and names read from the file', async () => {
    const card = await add('good');
    expect(card.flow).toEqual({ kind: 'tiles', scale: 2, overlap: 8, cpuTile: 128 });
    expect(card.outputs).toEqual([{ name: 'out-y', dtype: 'uint8', maxAbsError: 4 }]);
  });

  it('has a card that parses, and everything prepared', async () => {
    const card = await add('good');
    const folder = path.join(modelsDir, 'mine');
    expect(parseModelCard(await readFile(path.join(folder, 'model.json'), 'utf8'), 'model.json')).toEqual(card);
    for (const file of ['model.onnx', 'golden.json', 'rocket.jpg', 'stamp.json'])
      await access(path.join(folder, 'prepared', file));
  });

  it('gives the bytes that the network inside gives, but for rounding', async () => {
    await add('good');
    const model = path.join(modelsDir, 'mine', 'prepared', 'model.onnx');
    const check = path.join(repository, 'factory', 'models', 'check_wrap.py');
    const worst = Number(await python([check, path.join(examples, 'good.onnx'), model]));
    expect(worst).toBeLessThanOrEqual(0.51);
  });

  it('is converted to the same bytes again', async () => {
    const card = await add('good');
    const folder = path.join(modelsDir, 'mine');
    await convertModel(folder, card, [path.join(folder, 'source', 'mine.onnx')], path.join(folder, 'again.onnx'));
  });

  it('keeps to the one shape that it takes', async () => {
    const card = await add('fixed', { profiles: [] });
    expect(card.profiles.map(({ id }) => id)).toEqual(['tile64']);
    expect(card.flow).toMatchObject({ cpuTile: 64 });
  });

  it('refuses a shape that the network does not take', async () => {
    expect(await refusal('fixed', { profiles: [{ height: 32, width: 32 }] })).toContain('64 × 64 only');
  });

  it('takes weights from a file beside it', async () => {
    await add('outside');
    const source = path.join(modelsDir, 'mine', 'source');
    expect(await readdir(source)).toEqual(['mine.onnx']);
  });
});

describe('a network that gives numbers back', () => {
  it('becomes a model of whole pictures with a tool to begin with', async () => {
    const card = await add('mask');
    expect(card.flow).toEqual({ kind: 'whole', fit: 'contain' });
    expect(card.outputs.map(({ name, dtype }) => [name, dtype])).toEqual([
      ['mask-1', 'float32'],
      ['score', 'float32'],
    ]);
    await access(path.join(modelsDir, 'mine', 'tool.ts'));
  });

  it('has bounds that a plan without weights fails', async () => {
    for (const { maxAbsError } of (await add('mask')).outputs) {
      expect(maxAbsError).toBeGreaterThan(0);
      expect(maxAbsError).toBeLessThan(0.1);
    }
  });
});

it('keeps the outputs that were asked for', async () => {
  expect((await add('mask', { output: ['score'] })).outputs.map(({ name }) => name)).toEqual(['score']);
});

it('names its outputs where another one is asked for', async () => {
  expect(await refusal('mask', { output: ['scores'] })).toContain('it has mask/1, score');
});

describe('a bad file is refused in words, and leaves no folder', () => {
  it.each([
    ['unknown', 'operators that are not known: ai.onnx.Frobnicate (node activation)'],
    ['no-inputs', 'has no inputs'],
    ['two-inputs', 'has 2 inputs (in x'],
    ['cut', 'is cut off'],
    ['empty', 'The file is empty'],
    ['text', 'is no ONNX model'],
    ['outside-above', "outside the model's folder"],
    ['outside-inner', "outside the model's folder"],
    ['outside-windows', "outside the model's folder"],
    ['outside-absolute', "outside the model's folder"],
    ['outside-drive', "outside the model's folder"],
    ['outside-missing', 'External data is missing: missing.bin'],
    ['outside-short', 'External data is cut off'],
    ['there-is-none', 'There is no file'],
  ])('%s', async (file, words) => {
    expect(await refusal(file)).toContain(words);
    expect(await readdir(modelsDir)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('a symbolic link to its data', async () => {
    expect(await refusal('outside-link')).toContain('symbolic link');
    expect(await readdir(modelsDir)).toEqual([]);
  });

  it('larger than the disk has room for', async () => {
    expect(await refusal('good', { freeBytes: async () => 10_000 })).toContain('10,000 are free');
    expect(await readdir(modelsDir)).toEqual([]);
  });

  it('a network that the engine library does not take', async () => {
    const tryEngine = async () => {
      throw new AddRefused('TensorRT-RTX cannot build this network.');
    };
    expect(await refusal('good', { tryEngine })).toContain('cannot build');
    expect(await readdir(modelsDir)).toEqual([]);
  });

  it('an id that is no folder name', async () => {
    expect(await refusal('good', { id: '../mine' })).toContain('is no id');
  });
});

it('never touches a model that is there already', async () => {
  await mkdir(path.join(modelsDir, 'mine'));
  await writeFile(path.join(modelsDir, 'mine', 'model.json'), 'precious');
  expect(await refusal('good')).toContain('is there already');
  expect(await readFile(path.join(modelsDir, 'mine', 'model.json'), 'utf8')).toBe('precious');
});

it('removes what an add that was killed long ago left behind, and nothing of one that may still run', async () => {
  await mkdir(path.join(modelsDir, '.old.1.adding'));
  await utimes(path.join(modelsDir, '.old.1.adding'), 1, 1);
  await mkdir(path.join(modelsDir, '.other.1.adding'));
  await add('good');
  expect((await readdir(modelsDir)).sort()).toEqual(['.other.1.adding', 'mine']);
});
