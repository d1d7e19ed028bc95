import { describe, expect, test } from 'vitest';
import { fc } from '../../test/properties';
import { agreement, judge, maskToAlpha, reachBorder } from './mask';

test('takes a float mask as 0 to 1', () => {
  expect([...maskToAlpha(new Float32Array([0, 0.5, 1]))]).toEqual([0, 128, 255]);
});

test('takes a byte mask as it is', () => {
  expect([...maskToAlpha(new Uint8Array([7, 255]))]).toEqual([7, 255]);
});

test('keeps values that overshoot inside alpha', () => {
  expect([...maskToAlpha(new Float32Array([-0.1, 1.2]))]).toEqual([0, 255]);
});

describe('a subject that touches the border', () => {
  const [width, height] = [80, 60];
  const dimmed = 2;
  const anyStart = (length: number) => fc.integer({ min: -length, max: length - 6 });
  const anySubject = fc.record({
    left: anyStart(width),
    top: anyStart(height),
    wide: fc.integer({ min: 6, max: width * 2 }),
    high: fc.integer({ min: 6, max: height * 2 }),
    fade: fc.double({ min: 0, max: 0.95, noNaN: true }),
  });

  test('is as sure at any border as inside it, and grows nowhere else', () => {
    fc.assert(
      fc.property(anySubject, ({ left, top, wide, high, fade }) => {
        const right = Math.min(left + wide, width);
        const bottom = Math.min(top + high, height);
        fc.pre(right - Math.max(left, 0) > dimmed && bottom - Math.max(top, 0) > dimmed);
        const made = (dim: number) =>
          Uint8Array.from({ length: width * height }, (_, i) => {
            const [x, y] = [i % width, Math.floor(i / width)];
            if (x < left || x >= right || y < top || y >= bottom) return 0;
            const depth = Math.min(
              ...[
                left <= 0 && x,
                top <= 0 && y,
                right === width && right - 1 - x,
                bottom === height && bottom - 1 - y,
              ].map((to) => (to === false ? dimmed : to)),
            );
            return Math.round(255 * (1 - dim * Math.max(0, 1 - depth / dimmed)));
          });
        expect(Buffer.compare(reachBorder(made(fade), width, height), made(0))).toBe(0);
      }),
    );
  });

  test('ends where it ends, if only just before the border', () => {
    const alpha = new Uint8Array(320 * 4).fill(255);
    for (let y = 0; y < 4; y++) alpha.set([0, 0, 3, 40, 130, 230], y * 320);
    expect(reachBorder(alpha.slice(), 320, 4)).toEqual(alpha);
  });
});

test('judges a mask by the share that it is sure of and the share that it cannot tell', () => {
  expect(judge(Uint8Array.of(0, 0, 255, 120))).toEqual({ sure: 0.25, halfSure: 0.25 });
});

test('two masks agree by what they share of all that either has', () => {
  expect(agreement(Uint8Array.of(255, 255, 0, 0), Uint8Array.of(0, 255, 255, 0))).toBeCloseTo(1 / 3);
  expect(agreement(new Uint8Array(4), new Uint8Array(4))).toBe(1);
});
