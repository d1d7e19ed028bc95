import { describe, expect, test } from 'vitest';
import { bytes, bytesOf, cudaVersion, duration, figures, graphicsMemory, runtimeName, shortGpuName } from './numbers';

describe('figures', () => {
  test.each([
    [33.42, '33.4'],
    [128.2, '128'],
    [4, '4'],
    [0.456, '0.46'],
  ])('writes %s as %s', (value, text) => expect(figures(value)).toBe(text));
});

describe('bytes', () => {
  test.each([
    [33_424_520, '33.4 MB'],
    [999_999_999, '1 GB'],
    [1_247_368, '1.25 MB'],
    [512, '512 B'],
  ])('writes %s as %s', (count, text) => expect(bytes(count)).toBe(text));

  test('gives a part in the unit of its whole', () => {
    expect(bytesOf(21_000_000, 33_400_000)).toEqual({ part: '21', whole: '33 MB' });
    expect(bytesOf(400_000, 1_250_000)).toEqual({ part: '0.4', whole: '1.3 MB' });
  });
});

test("names a card's memory as its maker does although the driver keeps some back", () => {
  expect(graphicsMemory(12_878_086_144)).toBe('12 GB');
});

describe('duration', () => {
  test.each([
    [84, '84 ms'],
    [6240, '6.2 s'],
    [24_400, '24 s'],
    [59_990, '1 min'],
    [92_000, '1 min 32 s'],
    [3_599_600, '1 h'],
    [440 * 60_000, '7 h 20 min'],
  ])('writes %s ms as %s', (milliseconds, text) => expect(duration(milliseconds)).toBe(text));
});

test('shortens names for the status line', () => {
  expect(shortGpuName('NVIDIA GeForce RTX 4070')).toBe('RTX 4070');
  expect(shortGpuName('NVIDIA H100 80GB HBM3')).toBe('H100 80GB HBM3');
  expect(runtimeName('tensorrt-rtx 1.6.1')).toBe('TensorRT-RTX 1.6.1');
  expect(cudaVersion(12080)).toBe('12.8');
});
