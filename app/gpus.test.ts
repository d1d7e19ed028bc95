import { describe, expect, it } from 'vitest';
import { exampleGpu } from './example.fixture';
import { rankGpus } from './gpus';
import type { Gpu } from './machine';

const gpu = (name: string, sm: number, changes: Partial<Gpu> = {}): Gpu => ({
  ...exampleGpu,
  name,
  computeCapability: { major: Math.floor(sm / 10), minor: sm % 10 },
  ...changes,
});
const pascal = gpu('1080 Ti', 61, { multiprocessors: 28, clockKhz: 1_582_000 });
const turing = gpu('2080 Ti', 75, { multiprocessors: 68, clockKhz: 1_545_000, vramBytes: 11e9 });
const small = gpu('3060', 86, { multiprocessors: 28, clockKhz: 1_777_000, vramBytes: 12e9 });
const ada = gpu('4060', 89, { multiprocessors: 24, clockKhz: 2_460_000, vramBytes: 8e9 });
const big = gpu('4090', 89, { multiprocessors: 128, clockKhz: 2_520_000, vramBytes: 24e9 });
const bigger = { ...big, name: '4090 48 GB', vramBytes: 48e9 };

const ranked = (...gpus: Gpu[]) => {
  const { rows, merit } = rankGpus(gpus.map((each, index) => ({ ...each, index })));
  return [...rows.map(({ gpu: { name } }) => name), merit];
};

describe('the best card, and what it has before the next', () => {
  it.each<[string, Gpu[], (string | null)[]]>([
    ['the only one is the best for no reason', [ada], ['4060', null]],
    ['an engine serves it', [pascal, ada], ['4060', '1080 Ti', 'served']],
    ['it is no Turing card, however small', [turing, small], ['3060', '2080 Ti', 'newer']],
    ['it has more multiprocessors', [ada, big], ['4090', '4060', 'faster']],
    ['its clock makes up for fewer multiprocessors', [small, ada], ['4060', '3060', 'faster']],
    ['it is as fast and has more memory', [big, bigger], ['4090 48 GB', '4090', 'memory']],
    ['it comes first of two alike', [big, { ...big, name: 'second' }], ['4090', 'second', 'alike']],
    ['there is none where no engine serves any', [pascal, { ...pascal, name: 'other' }], ['1080 Ti', 'other', null]],
  ])('%s', (_, gpus, expected) => {
    expect(ranked(...gpus)).toEqual(expected);
  });

  it('is not judged by clocks where one card does not tell its own', () => {
    expect(ranked(small, { ...ada, clockKhz: 0 })).toEqual(['3060', '4060', 'faster']);
  });

  it('is the same in whatever order they are told', () => {
    const all = [pascal, turing, small, ada, big, bigger];
    expect(ranked(...all.toReversed())).toEqual(ranked(...all));
  });
});
