import { describe, expect, test } from 'vitest';
import { fc } from '../test/properties';
import { fitName, isTooLong, nameFault, plainName } from './fileName';

const family = '👨‍👩‍👧‍👦';
const accented = 'e\u0301';
const unit = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  fc.constantFrom('.', ' ', '/', '\\', ':', '写', '😀', family, accented, '\ud83d', '\u202e', '🇩🇪', 'con'),
);
/** As long as a file's name may be, and longer: what the window says is not to be trusted. */
const names = fc.string({ unit, maxLength: 400, size: 'max' });
const graphemesOf = (text: string): string[] =>
  [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(({ segment }) => segment);

describe('a plain name', () => {
  test('is one that every file system takes, of whatever was suggested', () => {
    fc.assert(
      fc.property(names, (suggested) => {
        const name = plainName(suggested);
        const bytes = Buffer.from(name);
        expect(bytes.length).toBeGreaterThan(0);
        expect(bytes.length).toBeLessThanOrEqual(255);
        expect(bytes.toString()).toBe(name);
        expect(name).not.toMatch(/[<>:"|?*/\\\p{Cc}\p{Cs}]/u);
        expect(name).not.toMatch(/^\.|[. ]$/);
        expect(nameFault(name, 'win32')).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  test('stays as it is where it is one already', () => {
    const plain = fc.string({ unit: fc.constantFrom('a', '写', '😀', family, accented, 'ß', ' b'), maxLength: 60 });
    fc.assert(
      fc.property(plain, (stem) => {
        const name = `a${stem}.png`;
        fc.pre(Buffer.byteLength(name) <= 255);
        expect(plainName(name)).toBe(name);
      }),
    );
  });

  test.each([
    ['../../.bashrc', 'bashrc'],
    ['C:\\temp\\a|b.png', 'a_b.png'],
    ['CON.txt', '_CON.txt'],
    ['nul .tar.png', '_nul .tar.png'],
    ['com¹.png', '_com¹.png'],
    ['console.png', 'console.png'],
    ['cat\u202egnp.exe', 'cat_gnp.exe'],
    ['..', 'picture'],
    ['', 'picture'],
  ])('of %j is %j', (suggested, name) => expect(plainName(suggested)).toBe(name));
});

describe('a name that is fitted', () => {
  test('is cut between what a person sees as characters, and keeps its ending', () => {
    fc.assert(
      fc.property(names, fc.constantFrom(' ×4.png', ' cut out.webp', '.txt'), (stem, ending) => {
        const name = fitName(stem, ending);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        expect(name.endsWith(ending)).toBe(true);
        const kept = name.slice(0, -ending.length);
        const isWhole = (text: string): boolean =>
          graphemesOf(text).some(
            (_, i, all) =>
              all
                .slice(0, i + 1)
                .join('')
                .replace(/[. ]+$/, '') === kept,
          );
        expect(kept === 'picture' || isWhole(stem) || isWhole(`_${stem}`)).toBe(true);
      }),
    );
  });

  test('loses a last character that fits in part only', () => {
    // 25 bytes each: ten of them and 8 bytes of an ending are too much by three.
    expect(fitName(family.repeat(10), ' ×4.png')).toBe(`${family.repeat(9)} ×4.png`);
    expect(fitName(accented.repeat(100), '.txt', 20)).toBe(`${accented.repeat(20)}.txt`);
  });
});

describe('a name that a person chose', () => {
  test.each([
    ['a:b.png', 'character'],
    ['a\u0007.png', 'character'],
    ['cat.', 'end'],
    ['cat ', 'end'],
    ['aux.png', 'device'],
    ['LPT9', 'device'],
    ['auxiliary.png', null],
  ])('%j is refused on Windows for its %s', (name, fault) => expect(nameFault(name, 'win32')).toBe(fault));

  test('is left to the file system elsewhere', () => expect(nameFault('aux: a. ', 'linux')).toBeNull());
});

test('a name of more than 255 letters is too long for Windows, as it counts them', () => {
  expect(isTooLong('é'.repeat(255), 'win32')).toBe(false);
  expect(isTooLong('n'.repeat(256), 'win32')).toBe(true);
  expect(isTooLong('n'.repeat(256), 'linux')).toBe(false);
});
