import { describe, expect, test } from 'vitest';
import charset from './charset.json';
import { joinReadings, readSteps } from './letters';

const place = (character: string): number =>
  character === ' ' ? [...charset].length + 1 : [...charset].indexOf(character) + 1;
/** Reads steps that are written as one sign each; `_` is none. */
const read = (steps: string, score = 0.9) => {
  const index = Float32Array.from([...steps].map((sign) => (sign === '_' ? 0 : place(sign))));
  return readSteps(index, new Float32Array(index.length).fill(score));
};

describe('readSteps', () => {
  test('takes one character over several steps as one', () => expect(read('__TTe_xx_t_').text).toBe('Text'));

  test('takes a character twice where none is between', () => expect(read('le_tt_t_er').text).toBe('letter'));

  test('reads spaces, the last of all characters', () => expect(read('a_ _b').text).toBe('a b'));

  test('reads characters of every script', () => expect(read('猫_é_ß_あ').text).toBe('猫éßあ'));

  test('is as sure as its characters are on average, whatever the steps of none score', () => {
    const index = [0, place('a'), place('a'), 0, place('b')];
    expect(readSteps(index, [1, 0.6, 0.1, 1, 0.8]).confidence).toBeCloseTo(0.7, 6);
  });

  test('reads nothing with no confidence where there is none', () => {
    expect(read('____')).toEqual({ text: '', confidence: 0 });
  });

  test('refuses an index that is no character', () => {
    expect(() => readSteps([20_000], [1])).toThrow(/Expected an index below 18710/);
    expect(() => readSteps([1.5], [1])).toThrow(/Expected an index/);
  });
});

describe('joinReadings', () => {
  test('puts a space between pieces, and weighs them by their letters', () => {
    const joined = joinReadings([
      { text: 'cut ', confidence: 1 },
      { text: ' between words', confidence: 0.5 },
    ]);
    expect(joined.text).toBe('cut between words');
    expect(joined.confidence).toBeCloseTo((3 + 13 * 0.5) / 16, 6);
  });

  test('puts none where a script has none', () => {
    expect(
      joinReadings([
        { text: '日本', confidence: 1 },
        { text: '語', confidence: 1 },
      ]).text,
    ).toBe('日本語');
  });

  test('skips pieces without text', () => {
    expect(
      joinReadings([
        { text: 'a', confidence: 1 },
        { text: '', confidence: 0 },
      ]),
    ).toEqual({ text: 'a', confidence: 1 });
    expect(joinReadings([])).toEqual({ text: '', confidence: 0 });
  });
});

test('the list of characters is as long as the network says', () => expect([...charset]).toHaveLength(18_708));
