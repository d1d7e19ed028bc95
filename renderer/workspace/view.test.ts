import { describe, expect, test } from 'vitest';
import { pan, place, type View, visible, zoomTo } from './view';

const stage = { width: 848, height: 648 };
const content = { width: 1600, height: 800 };
const fit: View = { kind: 'fit' };
const middle = { x: 424, y: 324 };

describe('place', () => {
  test('fits the picture in the middle with a margin', () => {
    expect(place(fit, stage, content)).toEqual({ left: 24, top: 124, width: 800, height: 400, scale: 0.5 });
  });
});

describe('zoomTo', () => {
  test('keeps what lies under the pointer under it', () => {
    const anchor = { x: 224, y: 224 };
    const before = place(fit, stage, content);
    const after = place(zoomTo(fit, stage, content, 2, anchor), stage, content);
    expect((anchor.x - after.left) / after.scale).toBeCloseTo((anchor.x - before.left) / before.scale, 6);
    expect((anchor.y - after.top) / after.scale).toBeCloseTo((anchor.y - before.top) / before.scale, 6);
  });

  test('fits again when zoomed out past the whole picture', () => {
    const near = zoomTo(fit, stage, content, 2, middle);
    expect(zoomTo(near, stage, content, 0.1, middle)).toEqual(fit);
  });
});

describe('pan', () => {
  test('stops a margin past the edge', () => {
    const near = zoomTo(fit, stage, content, 1, middle);
    expect(place(pan(near, stage, content, 9999, 0), stage, content).left).toBe(24);
  });

  test('does not move a picture that fits', () => {
    expect(pan(fit, stage, content, 50, 50)).toEqual(fit);
  });
});

test('cuts a zoomed picture to the stage', () => {
  const placement = place(zoomTo(fit, stage, content, 2, middle), stage, content);
  expect(visible(placement, stage)).toEqual({ left: 0, top: 0, width: 848, height: 648 });
});
