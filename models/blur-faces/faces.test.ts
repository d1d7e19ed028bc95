import { describe, expect, test } from 'vitest';
import { decodeFaces, type FaceMaps } from './faces';

function maps(width: number, height: number): FaceMaps & Record<'heatmap' | 'scale' | 'offset', Float32Array> {
  const cells = width * height;
  return {
    width,
    height,
    heatmap: new Float32Array(cells),
    scale: new Float32Array(2 * cells),
    offset: new Float32Array(2 * cells),
  };
}

describe('decodeFaces', () => {
  test('places a box by cell, offset and log size', () => {
    const m = maps(8, 6);
    const cell = 2 * 8 + 3; // row 2, column 3
    m.heatmap[cell] = 0.9;
    m.scale[cell] = Math.log(5); // 20 px high
    m.scale[48 + cell] = Math.log(3); // 12 px wide
    m.offset[cell] = 0.25; // y
    m.offset[48 + cell] = -0.25; // x
    const [face] = decodeFaces(m);
    expect(face?.width).toBeCloseTo(12, 4);
    expect(face?.height).toBeCloseTo(20, 4);
    expect(face?.x).toBeCloseTo((3 - 0.25 + 0.5) * 4 - 6, 4);
    expect(face?.y).toBeCloseTo((2 + 0.25 + 0.5) * 4 - 10, 4);
  });

  test('leaves out a box that scores a fifth or less', () => {
    const m = maps(4, 4);
    m.heatmap[5] = 0.19;
    expect(decodeFaces(m)).toEqual([]);
  });

  test('keeps only the best of boxes over one face', () => {
    const m = maps(8, 8);
    m.heatmap[27] = 0.8;
    m.heatmap[28] = 0.95;
    for (const cell of [27, 28]) {
      m.scale[cell] = Math.log(4);
      m.scale[64 + cell] = Math.log(4);
    }
    expect(decodeFaces(m).map((f) => f.score)).toEqual([expect.closeTo(0.95, 5)]);
  });

  test('keeps two faces that lie apart, the surer one first', () => {
    const m = maps(8, 8);
    m.heatmap[0] = 0.6;
    m.heatmap[63] = 0.7;
    expect(decodeFaces(m).map((f) => f.score)).toEqual([expect.closeTo(0.7, 5), expect.closeTo(0.6, 5)]);
  });

  test('refuses maps of another size', () => {
    expect(() => decodeFaces({ ...maps(4, 4), width: 5 })).toThrow(/Expected maps of 20/);
  });
});
