import { describe, expect, it } from 'vitest';
import type { Output } from './catalog';
import { hash } from './example.fixture';
import { compareGolden, GoldenManifest, type GoldenOutput } from './golden';
import { asNumbers } from './numbers';

const stride = 7;
const pixels: GoldenOutput = {
  name: 'pixels',
  dtype: 'uint8',
  elements: 100,
  stride,
  file: 'pixels.bin',
  sha256: hash('a'),
};
const heat: GoldenOutput = { ...pixels, name: 'heat', dtype: 'float32' };
const bounds: Output[] = [
  { name: 'pixels', dtype: 'uint8', maxAbsError: 2 },
  { name: 'heat', dtype: 'float32', maxAbsError: 0.01 },
];

const bytesOf = (values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const sampled = (values: readonly number[]): number[] => values.filter((_, i) => i % stride === 0);
const changed = (values: readonly number[], index: number, value: number): number[] => values.with(index, value);

const wholePixels = Array.from({ length: 100 }, (_, i) => (i * 37 + 50) % 256);
const wholeHeat = Array.from({ length: 100 }, (_, i) => Math.sin(i) + 0.5);

const check = (pixelValues: readonly number[], heatValues: readonly number[]) =>
  compareGolden(
    [pixels, heat],
    bounds,
    [Uint8Array.from(pixelValues), bytesOf(heatValues)],
    [Uint8Array.from(sampled(wholePixels)), bytesOf(sampled(wholeHeat))],
  );

describe('compareGolden', () => {
  it('passes what is equal', () => {
    expect(check(wholePixels, wholeHeat)).toEqual({ passed: true, maxAbsError: 0, detail: '' });
  });

  it('passes what lies on the bound and tells how far off it was', () => {
    const verdict = check(changed(wholePixels, 14, (wholePixels[14] ?? 0) - 2), wholeHeat);
    expect(verdict).toEqual({ passed: true, maxAbsError: 2, detail: '' });
  });

  it('fails what lies beyond the bound and names the output', () => {
    const verdict = check(changed(wholePixels, 14, (wholePixels[14] ?? 0) - 3), wholeHeat);
    expect(verdict).toEqual({ passed: false, maxAbsError: 3, detail: 'pixels: off by 3, 2 allowed' });
  });

  it('holds each output to its own bound', () => {
    const verdict = check(wholePixels, changed(wholeHeat, 21, (wholeHeat[21] ?? 0) + 1));
    expect(verdict.passed).toBe(false);
    expect(verdict.detail).toMatch(/^heat: /);
  });

  it('fails the zeros of a plan without weights', () => {
    const verdict = check(new Array(100).fill(0), new Array(100).fill(0));
    expect(verdict.passed).toBe(false);
    expect(verdict.detail).toMatch(/pixels: .*; heat: /);
  });

  it('fails a picture of another place', () => {
    expect(check([...wholePixels.slice(1), 0], wholeHeat).passed).toBe(false);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('fails %d', (value) => {
    expect(check(wholePixels, changed(wholeHeat, 98, value)).passed).toBe(false);
  });

  it('does not let a later good output hide an earlier NaN', () => {
    const verdict = compareGolden(
      [heat, pixels],
      bounds,
      [bytesOf(changed(wholeHeat, 0, Number.NaN)), Uint8Array.from(wholePixels)],
      [bytesOf(sampled(wholeHeat)), Uint8Array.from(sampled(wholePixels))],
    );
    expect(verdict.passed).toBe(false);
    expect(verdict.maxAbsError).toBeNaN();
  });

  it.each([
    ['too short', wholePixels.slice(1)],
    ['too long', [...wholePixels, 0]],
    ['empty', []],
  ])('fails an output that is %s', (_, values) => {
    expect(check(values, wholeHeat).passed).toBe(false);
  });

  it('fails float32 bytes that end in a broken value', () => {
    const broken = new Uint8Array([...bytesOf(wholeHeat), 1]);
    expect(compareGolden([heat], bounds.slice(1), [broken], [bytesOf(sampled(wholeHeat))]).passed).toBe(false);
  });

  it.each([0, 5, 14, 16])('fails a reference of %i values where 15 are sampled, though they agree', (length) => {
    const reference = [...sampled(wholePixels), 0].slice(0, length);
    const actual = [Uint8Array.from(wholePixels)];
    expect(compareGolden([pixels], bounds.slice(0, 1), actual, [Uint8Array.from(reference)]).passed).toBe(false);
  });

  it('fails an output that the engine did not give', () => {
    const reference = [Uint8Array.from(sampled(wholePixels))];
    expect(compareGolden([pixels], bounds.slice(0, 1), [], reference).passed).toBe(false);
  });

  it('fails an output of the card that has no reference', () => {
    const verdict = compareGolden(
      [pixels],
      bounds,
      [Uint8Array.from(wholePixels)],
      [Uint8Array.from(sampled(wholePixels))],
    );
    expect(verdict).toMatchObject({ passed: false, detail: 'heat: no reference' });
  });

  it('fails an output that the card does not know', () => {
    const reference = [Uint8Array.from(sampled(wholePixels))];
    expect(compareGolden([pixels], [], [Uint8Array.from(wholePixels)], reference).passed).toBe(false);
  });

  it('fails when there is nothing to compare', () => {
    expect(compareGolden([], [], [], []).passed).toBe(false);
  });
});

describe('asNumbers', () => {
  const values = [1.5, -2.25, 1e-8];

  it.each([0, 1, 2, 3, 4])('reads float32 that begins %i bytes into its buffer', (offset) => {
    const memory = new Uint8Array(offset + 12);
    memory.set(bytesOf(values), offset);
    expect([...asNumbers(memory.subarray(offset), 'float32')]).toEqual([...Float32Array.from(values)]);
  });

  it('reads float32 from a misaligned Node Buffer', () => {
    const memory = Buffer.alloc(13);
    memory.set(bytesOf(values), 1);
    expect([...asNumbers(memory.subarray(1), 'float32')]).toEqual([...Float32Array.from(values)]);
  });

  it('leaves uint8 uncopied', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(asNumbers(bytes, 'uint8')).toBe(bytes);
  });
});

describe('GoldenManifest', () => {
  const manifest = {
    version: 1,
    onnxSha256: hash('b'),
    profiles: { 'tile-256': { input: { file: 'input.bin', sha256: hash('c') }, outputs: [pixels] } },
  };

  it('accepts a good one', () => {
    expect(GoldenManifest.parse(manifest)).toEqual(manifest);
  });

  it.each(['../input.bin', 'a/b.bin', 'a\\b.bin', '/etc/passwd', 'C:input.bin', '..', ''])(
    'refuses the file %j',
    (file) => {
      const profile = { input: { file, sha256: hash('c') }, outputs: [pixels] };
      expect(GoldenManifest.safeParse({ ...manifest, profiles: { a: profile } }).success).toBe(false);
    },
  );

  it('refuses a profile without outputs', () => {
    const profile = { input: { file: 'input.bin', sha256: hash('c') }, outputs: [] };
    expect(GoldenManifest.safeParse({ ...manifest, profiles: { a: profile } }).success).toBe(false);
  });
});
