import { describe, expect, test } from 'vitest';
import { fc } from '../test/properties';
import { groundFor, layOnGround } from './ground';

const clear = [0, 0, 0, 0];
const laid = (...pixels: number[][]): number[] => {
  const rgba = Uint8Array.from(pixels.flat());
  layOnGround(rgba);
  return [...rgba];
};

describe('the ground of a transparent picture', () => {
  test('is white behind dark ink, however much of it is clear', () => {
    expect(laid([0, 0, 0, 255], clear, clear)).toEqual([0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255]);
  });

  test('is black behind light ink, whatever colour the clear pixels hide', () => {
    expect(laid([250, 250, 250, 255], [0, 0, 0, 0])).toEqual([250, 250, 250, 255, 0, 0, 0, 255]);
    expect(laid([250, 250, 250, 255], [255, 255, 255, 0])).toEqual([250, 250, 250, 255, 0, 0, 0, 255]);
  });

  test('shows through as far as a pixel does not cover', () => {
    expect(laid([0, 0, 0, 128], [0, 0, 0, 255])).toEqual([127, 127, 127, 255, 0, 0, 0, 255]);
  });

  test('goes by how bright a colour looks: yellow is light ink, blue is dark', () => {
    expect(groundFor(Uint8Array.from([255, 255, 0, 255]))).toBe(0);
    expect(groundFor(Uint8Array.from([0, 0, 255, 255]))).toBe(255);
  });

  test('is black where there is no ink', () => expect(laid(clear)).toEqual([0, 0, 0, 255]));

  test('leaves an opaque picture as it is, and every picture opaque', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isOpaque) => {
        const rgba = bytes.slice(0, bytes.length - (bytes.length % 4));
        if (isOpaque) for (let i = 3; i < rgba.length; i += 4) rgba[i] = 255;
        const before = rgba.slice();
        layOnGround(rgba);
        if (isOpaque) expect(rgba).toEqual(before);
        expect(rgba.filter((value, i) => i % 4 === 3 && value !== 255)).toHaveLength(0);
      }),
    );
  });
});
