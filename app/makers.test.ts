import { expect, test } from 'vitest';
import { environmentOf, makersIn } from './makers';

test.each<[string, unknown, string[]]>([
  [
    'two makers, each once',
    [{ vendorId: 0x8086 }, { vendorId: 0x10de, deviceId: 1 }, { vendorId: 0x10de }],
    ['nvidia', 'intel'],
  ],
  ['a maker that nobody knows', [{ vendorId: 0x1af4 }, {}, null, 'card'], []],
  ['no list', { vendorId: 0x10de }, []],
])('knows the makers of the cards in %s', (_, gpuDevice, expected) => {
  expect(makersIn({ gpuDevice })).toEqual(expected);
});

test.each([null, undefined, 'a word', {}])('knows none of %j', (facts) => expect(makersIn(facts)).toEqual([]));

test('changes nothing where no maker is chosen', () => {
  expect([environmentOf(undefined), environmentOf('amd')]).toEqual([
    {},
    { VK_LOADER_DRIVERS_SELECT: '*radeon*,*amd*' },
  ]);
});
