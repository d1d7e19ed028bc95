import { expect, it } from 'vitest';
import { AppError } from '../../app/errors';
import { exampleCard, exampleEntry } from '../../app/example.fixture';
import type { Shipped } from '../../main/setup/shipped';
import { exitCode, Refusal } from './command';
import { answerFor, gpusOf } from './select';

const shipped: Shipped = {
  cards: [exampleCard],
  catalog: { version: 1, engines: [exampleEntry, { ...exampleEntry, target: 'ada' }] },
  notices: [],
};
const engineOf = (gpu: Parameters<typeof gpusOf>[0], driver = '580.0', from = shipped) => {
  const [found] = gpusOf(gpu);
  if (!found) throw new Error('no such card');
  return answerFor(found, driver, from).engines[0];
};

it("gives a card its own family's engine", () => {
  expect(engineOf({ gpu: 'RTX 4070' })?.engine).toBe('tile-256/ada');
});

it('says what the race will try, and why the others are left out', () => {
  const row = engineOf({ gpu: 'RTX 5090' });
  expect(row?.candidates).toEqual(['tile-256/portable', 'tile-256/portable/graph']);
  expect(row?.refused).toEqual([{ engine: 'tile-256/ada', why: expect.stringContaining('Made for Ada') }]);
});

it('gives a card that nobody built for the portable engine', () => {
  expect(engineOf({ gpu: 'RTX 5090' })?.engine).toBe('tile-256/portable');
});

it('answers for a GPU that has no name yet', () => {
  expect(engineOf({ cc: { major: 13, minor: 0 }, vram: 16 * 2 ** 30 })?.engine).toBe('tile-256/portable');
});

it.each([
  ['too old', { gpu: 'GTX 1080' }, '580.0', 'too old'],
  ['too small', { gpu: 'RTX 4070', vram: 2 ** 30 }, '580.0', '1 GB of memory'],
  ['with an old driver', { gpu: 'RTX 4070' }, '552.0', 'driver (552.0) is too old'],
])('says why a card that is %s gets the processor', (_, gpu, driver, why) => {
  expect(engineOf(gpu, driver)).toMatchObject({ engine: null, why: expect.stringContaining(why) });
});

it('says so where the app would refuse the catalog', () => {
  const catalogFault = new AppError('CATALOG_UNSIGNED', { file: 'catalog.json' }).toReport();
  expect(engineOf({ gpu: 'RTX 4070' }, '580.0', { ...shipped, catalogFault })?.why).toContain('not signed');
});

it('refuses a name that nobody knows, and a capability without a memory', () => {
  const codeOf = (gpu: Parameters<typeof gpusOf>[0]) => {
    try {
      gpusOf(gpu);
    } catch (error) {
      return error instanceof Refusal ? error.code : error;
    }
    return undefined;
  };
  expect(codeOf({ gpu: 'Radeon' })).toBe(exitCode.refused);
  expect(codeOf({ cc: { major: 8, minor: 9 } })).toBe(exitCode.usage);
  expect(codeOf({})).toBe(exitCode.usage);
});
