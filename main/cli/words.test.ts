import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultQuality } from '../../app/pictureLimits';
import { fc } from '../../test/properties';
import { help } from '../../words/commandLine';
import { exampleCard } from '../example.fixture';
import { paths } from '../paths';
import { readShipped } from '../setup/shipped';
import { parseWords, type RunWords } from './words';

const tiles = { kind: 'tiles', scale: 4, overlap: 16, cpuTile: 128 } as const;
const cards = [
  exampleCard('photo-x4', { flow: tiles }),
  exampleCard('cut-out'),
  exampleCard('blur-faces'),
  exampleCard('read-text', { gives: 'text' }),
  exampleCard('read-text-lines', { partOf: 'read-text' }),
];
const said = (line: string) => parseWords(line.split(' '), cards);
const run = (line: string): RunWords => {
  const words = said(line);
  if (words.kind !== 'run') throw new Error(JSON.stringify(words));
  return words;
};

describe('refit run', () => {
  test('takes a tool, pictures and where they go', () => {
    expect(run('run photo-x4 a.png b.png -o out -r')).toMatchObject({
      inputs: ['a.png', 'b.png'],
      output: 'out',
      recursive: true,
      device: 'gpu',
      settings: {
        keepFolders: true,
        recipe: { steps: [{ model: 'photo-x4' }], format: 'png', size: { kind: 'whole' } },
      },
    });
  });

  test('takes tools one after the other, each with its options', () => {
    const { recipe } = run('run cut-out+photo-x4 a.png --ground white -f jpg -q 80 -s 2').settings;
    expect(recipe).toMatchObject({
      steps: [{ model: 'cut-out', ground: { kind: 'colour', colour: '#ffffff' } }, { model: 'photo-x4' }],
      format: 'jpeg',
      quality: 80,
      size: { kind: 'times', times: 2 },
    });
  });

  test('takes formats of text for a tool that gives text', () => {
    expect(run('run read-text a.png -f csv --together').settings.recipe.text).toEqual({
      format: 'csv',
      together: true,
    });
  });

  test('takes the quality that the window has, and says it', () => {
    expect(run('run photo-x4 a.png -f jpeg').settings.recipe.quality).toBe(defaultQuality);
    expect(help(cards)).toContain(`(${defaultQuality}, as in the window)`);
  });

  test('leaves out what is not to be known', () => {
    const { recipe } = run('run blur-faces a.png --no-metadata --no-place --hide solid').settings;
    expect(recipe).toMatchObject({ keepMetadata: false, keepPlace: false, steps: [{ hide: { style: 'solid' } }] });
  });
});

test('a recipe that was kept stands for tools, format and size', () => {
  const { recipe } = run('run cut-out+photo-x4 a.png --ground white -f jpg').settings;
  const words = parseWords(['run', '--recipe', 'shop', 'a.png', '--flat'], cards, [{ name: 'shop', recipe }]);
  expect(words).toMatchObject({ kind: 'run', inputs: ['a.png'], settings: { recipe, keepFolders: false } });
});

test('each example of the help is taken, with the tools that ship', async () => {
  const shipped = await readShipped(paths(path.resolve(import.meta.dirname, '../..'), false), null);
  const { recipe } = run('run photo-x4 a.png').settings;
  const examples =
    help(shipped.cards)
      .match(/(?<=Examples\n)(?: {2}refit .*\n)+/)?.[0]
      .trim()
      .split(/\n\s*/) ?? [];
  expect(examples.length).toBeGreaterThanOrEqual(5);
  for (const example of examples) {
    const [, ...words] = example.split(' ');
    expect(parseWords(words, shipped.cards, [{ name: 'shop', recipe }]), example).toMatchObject({ kind: 'run' });
  }
});

test.each([
  ['run --recipe shop a.png', 'There is no recipe shop'],
  ['walk photo-x4 a.png', 'walk'],
  ['run', 'Name a tool: photo-x4,'],
  ['run photo-x9 a.png', 'photo-x9'],
  ['run read-text-lines a.png', 'no tool read-text-lines'],
  ['run photo-x4', 'at least one'],
  ['run photo-x4 a.png --format gif', '--format is png, jpeg or webp'],
  ['run read-text a.png --format png', '--format is txt, csv or json'],
  ['run read-text+photo-x4 a.png', 'nothing can come after'],
  ['run photo-x4 a.png -s 2 -w 100', 'not both'],
  ['run photo-x4 a.png -s 17', '--scale'],
  ['run photo-x4 a.png -q 1.5', '--quality'],
  ['run photo-x4 a.png -w many', '--width'],
  ['run photo-x4 a.png --hide solid', '--hide is for blur-faces'],
  ['run photo-x4 a.png --ground white', '--ground is for cut-out'],
  ['run cut-out a.png --ground pink', '#aabbcc'],
  ['run photo-x4 a.png --together', '--together'],
  ['run photo-x4 a.png --name {nam}', '{nam}'],
  ['run photo-x4 a.png --device tpu', '--device'],
  ['run photo-x4 a.png --frmat png', '--frmat'],
])('%s is told what is wrong', (line, why) => {
  expect(said(line)).toEqual({ kind: 'wrong', why: expect.stringContaining(why) });
});

test('any words are taken or refused, never thrown at', () => {
  const word = fc.oneof(
    fc.constantFrom('run', 'photo-x4', '-o', '--format', 'png', '--', '-', '+', '-s', '--name='),
    fc.string(),
  );
  fc.assert(fc.property(fc.array(word), (words) => void parseWords(words, cards)));
});
