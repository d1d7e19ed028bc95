import { describe, expect, test } from 'vitest';
import { fc } from '../test/properties';
import type { ModelInfo } from './contract';
import { fitName, nameFault, plainName } from './fileName';
import { defaultPattern, type NameFacts, nameWords, outputExample, outputName, patternFault } from './outputName';

type Tool = Pick<ModelInfo, 'name' | 'flow'>;
const times4: Tool = { name: 'Photo ×4', flow: { kind: 'tiles', scale: 4, overlap: 16, cpuTile: 128 } };
const cutOut: Tool = { name: 'Cut out', flow: { kind: 'whole', fit: 'stretch' } };
const facts: NameFacts = { name: 'cat.jpeg', tools: [times4], format: 'png' };
const known: NameFacts = {
  ...facts,
  size: { width: 4096, height: 2731 },
  number: 7,
  date: new Date(2024, 7, 31, 23, 59),
};

describe('a result is named', () => {
  test.each<[string, string, NameFacts]>([
    ['cat ×4.png', defaultPattern, facts],
    ['cat ×2.png', defaultPattern, { ...facts, times: 2 }],
    ['cat enlarged.png', defaultPattern, { ...facts, times: 2.37 }],
    ['cat cut out.webp', defaultPattern, { ...facts, tools: [cutOut], format: 'webp' }],
    ['cat cut out ×4.jpg', defaultPattern, { ...facts, tools: [cutOut, times4], format: 'jpeg' }],
    ['cat ×16.png', defaultPattern, { ...facts, tools: [times4, times4] }],
    ['cat.txt', defaultPattern, { ...facts, tools: [cutOut], format: 'txt' }],
    ['2024-08-31 cat 4096×2731 007.png', '{date} {name} {size} {number}', known],
    ['cat-×4.png', '{name}_{size}-{tool}', facts],
    ['×4 cat.png', '{date} {tool} {name}', facts],
    ['12345.png', '{number}', { ...known, number: 12345 }],
    ['cat {nam}.png', '{name} {nam}', facts],
    ['cat {name.png', '{name} {name', facts],
    ['2024_cat.png', '2024/{name}', facts],
    ['bashrc.png', '{name}', { ...facts, name: '.bashrc.png' }],
    ['_con.png', '{name}', { ...facts, name: 'con.jpg' }],
    ['picture ×4.png', defaultPattern, { ...facts, name: '.png' }],
  ])('%j by %j', (name, pattern, each) => expect(outputName(pattern, each)).toBe(name));

  test('with a number behind where that name is taken', () => {
    expect(outputName(defaultPattern, facts, 2)).toBe('cat ×4 (2).png');
    expect(outputName('{name}', { ...facts, name: `${'写'.repeat(100)}.png` }, 2)).toBe(`${'写'.repeat(82)} (2).png`);
  });

  test('shortened in its picture’s name, so that the rest stays', () => {
    const long = { ...known, name: `${'写'.repeat(100)}.png` };
    expect(outputName('{date} {name} {tool} {number}', long)).toBe(`2024-08-31 ${'写'.repeat(77)} ×4 007.png`);
    expect(outputName('{name} {tool} {name}', long)).toBe(`${'写'.repeat(41)} ×4 ${'写'.repeat(41)}.png`);
  });
});

const unit = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  fc.constantFrom('.', ' ', '/', '\\', ':', '写', '😀', '\ud83d', '\u202e', 'con', '{', '}', '$&'),
);
const texts = (maxLength: number) => fc.string({ unit, maxLength, size: 'max' });
const patterns = fc
  .array(fc.oneof(texts(20), fc.constantFrom(...nameWords.map((word) => `{${word}}`))), { maxLength: 10 })
  .map((parts) => parts.join(''));
const anyFacts: fc.Arbitrary<NameFacts> = fc.record({
  name: texts(300),
  tools: fc.array(
    fc.oneof(
      fc.constantFrom(times4, cutOut),
      texts(40).map((name) => ({ ...cutOut, name })),
    ),
    {
      maxLength: 4,
    },
  ),
  format: fc.constantFrom('png', 'jpeg', 'webp', 'txt', 'csv', 'json'),
  number: fc.integer({ min: 1, max: 100_000 }),
  date: fc.date({ noInvalidDate: true }),
});

describe('whatever pattern and picture', () => {
  test('every file system takes the name', () => {
    fc.assert(
      fc.property(patterns, anyFacts, fc.integer({ min: 1, max: 100_000 }), (pattern, each, nth) => {
        const name = outputName(pattern, each, nth);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        expect(Buffer.from(name).toString()).toBe(name);
        expect(name).not.toMatch(/[<>:"|?*/\\\p{Cc}\p{Cs}]/u);
        expect(name).not.toMatch(/^[. ]|[. ]$/);
        expect(nameFault(name, 'win32')).toBeNull();
        expect(plainName(name)).toBe(name);
      }),
      { numRuns: 300 },
    );
  });

  test('names of one pattern differ by their number alone', () => {
    fc.assert(
      fc.property(patterns, anyFacts, fc.integer({ min: 1, max: 100_000 }), (pattern, each, nth) => {
        expect(outputName(pattern, each, nth + 1)).not.toBe(outputName(pattern, each, nth));
      }),
    );
  });
});

test.each([
  ['{name} {tool}', null],
  ['{number}', null],
  ['{name} {colour}', { kind: 'unknown', word: 'colour' }],
  ['{} {name}', { kind: 'unknown', word: '' }],
  ['holiday {tool} {date} {size}', { kind: 'same' }],
  ['{name', { kind: 'same' }],
  [' .. ', { kind: 'empty' }],
])('of the pattern %j a person hears %j', (pattern, fault) => expect(patternFault(pattern)).toEqual(fault));

test('an example shows the folders that are kept, as every file system takes them', () => {
  const beach = { ...facts, name: 'beach.png', format: 'jpeg' } as const;
  expect(outputExample(defaultPattern, beach, 'Holiday/2024')).toBe('Holiday/2024/beach ×4.jpg');
  expect(outputExample(defaultPattern, beach, '')).toBe('beach ×4.jpg');
  expect(outputExample(defaultPattern, beach, '../a:b/./con//c.')).toBe(`a_b/${fitName('con', '')}/c/beach ×4.jpg`);
});
