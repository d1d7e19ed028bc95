import { expect, it } from 'vitest';
import { cudaVersionOf, gpusNamed, knownGpus, parseCapability } from './gpus';

const names = (name: string) => gpusNamed(name).map((gpu) => gpu.name);

it.each(['RTX 4070', 'rtx4070', 'NVIDIA GeForce RTX 4070', 'geforce rtx 4070'])(
  'finds the one card that %s is',
  (name) => {
    expect(gpusNamed(name)).toEqual([{ name: 'RTX 4070', computeCapability: { major: 8, minor: 9 }, memoryGb: 12 }]);
  },
);

it('finds every memory of a name that is several cards', () => {
  expect(names('RTX 3080')).toEqual(['RTX 3080 10GB', 'RTX 3080 12GB']);
});

it('does not take a Ti or a Super for the plain card', () => {
  expect(names('RTX 4070 Ti Super')).toEqual(['RTX 4070 Ti Super']);
});

it('finds a card by a part of its name where nothing else is called so', () => {
  expect(names('H100')).toContain('H100 80GB');
});

it.each(['Radeon RX 7900', '', 'NVIDIA'])('knows no card called “%s”', (name) => {
  expect(names(name)).toEqual([]);
});

it('lists every card once, with a memory', () => {
  expect(new Set(knownGpus.map(({ name }) => name)).size).toBe(knownGpus.length);
  expect(knownGpus.filter(({ memoryGb }) => !(memoryGb > 0))).toEqual([]);
});

it.each([
  ['580.159.04', 13000],
  ['572.16', 12080],
  ['570', 12080],
  ['566.36', 12060],
  ['390.1', 0],
])('driver %s serves CUDA %d', (driver, cuda) => {
  expect(cudaVersionOf(driver)).toBe(cuda);
});

it.each(['8', 'ada', '8.9.1', '-1.0'])('refuses %s as a compute capability', (text) => {
  expect(() => parseCapability(text)).toThrow('Expected a compute capability');
});
