/**
 * Plans where to look for faces. The network sees one square of a picture at a time and finds faces from some 16 pixels on. So a large
 * picture is cut into overlapping squares at full size, at half of it, and so on down to the whole in one square. A face that one square
 * cuts off lies whole in its neighbour, or, where it is larger than the overlap, in a square that shows the picture smaller. Pure.
 */
import type { FaceBox } from './faces';

/** Overlap of a scale's squares, in pixels of that scale: every face up to this height lies whole in some square. */
const overlap = 128;
/** Limit on squares in all: a minute on two cores. Beyond it the finest scale is left out, and with it the smallest faces. */
const maxSquares = 400;
/** Height from which the network finds every face: of 24 faces it found 15 at 10 pixels, 23 at 12, 24 from 16 on. */
export const smallestFace = 16;
/** Two boxes that share more than this of both, or of the smaller one, are over one face. */
const sharedAllowed = 0.3;
const heldAllowed = 0.6;

interface Size {
  width: number;
  height: number;
}

/** A part of the picture, in the picture's pixels, and how large the network sees it. */
export interface Square {
  x: number;
  y: number;
  /** Size of the part as the network sees it; at most the network's side. */
  seen: Size;
  /** Pixels of the picture for one pixel that the network sees. */
  scale: number;
  /** The sides beyond which the picture goes on. */
  inner: { left: boolean; top: boolean; right: boolean; bottom: boolean };
}

export interface Search {
  squares: Square[];
  /** Height of the smallest face that is looked for, in pixels of the picture. */
  smallest: number;
}

/** @param whole the size at which the network saw the whole picture. @param side of the network's input. */
export function planSearch(picture: Size, whole: Size, side: number): Search {
  const levels: Square[][] = [];
  for (let scale = 1; Math.max(picture.width, picture.height) / scale > side; scale *= 2)
    levels.push(squaresOf(picture, scale, side));
  while (levels.flat().length > maxSquares) levels.shift();
  const finest = levels[0]?.[0]?.scale ?? picture.width / whole.width;
  return { squares: levels.flat(), smallest: Math.ceil(smallestFace * finest) };
}

function squaresOf(picture: Size, scale: number, side: number): Square[] {
  const level = {
    width: Math.max(1, Math.floor(picture.width / scale)),
    height: Math.max(1, Math.floor(picture.height / scale)),
  };
  const seen = { width: Math.min(side, level.width), height: Math.min(side, level.height) };
  const starts = (length: number): number[] => {
    if (length <= side) return [0];
    const count = Math.ceil((length - overlap) / (side - overlap));
    return Array.from({ length: count }, (_, i) => Math.round((i * (length - side)) / (count - 1)));
  };
  return starts(level.height).flatMap((y) =>
    starts(level.width).map((x) => ({
      x: x * scale,
      y: y * scale,
      seen,
      scale,
      inner: {
        left: x > 0,
        top: y > 0,
        right: x + seen.width < level.width,
        bottom: y + seen.height < level.height,
      },
    })),
  );
}

/** A square's faces in pixels of the picture, without those that its inner sides cut off. */
export function facesOf({ x, y, seen, scale, inner }: Square, faces: readonly FaceBox[]): FaceBox[] {
  const margin = 2;
  const isCut = (face: FaceBox): boolean =>
    (inner.left && face.x < margin) ||
    (inner.top && face.y < margin) ||
    (inner.right && face.x + face.width > seen.width - margin) ||
    (inner.bottom && face.y + face.height > seen.height - margin);
  return faces
    .filter((face) => !isCut(face))
    .map((face) => ({
      x: x + face.x * scale,
      y: y + face.y * scale,
      width: face.width * scale,
      height: face.height * scale,
      score: face.score,
    }));
}

/** Non-maximum suppression over all squares: of several boxes over one face the surest stays. @returns boxes, the surest first. */
export function mergeFaces(boxes: readonly FaceBox[]): FaceBox[] {
  const kept: FaceBox[] = [];
  for (const box of [...boxes].sort((a, b) => b.score - a.score))
    if (!kept.some((other) => isSameFace(box, other))) kept.push(box);
  return kept;
}

function isSameFace(a: FaceBox, b: FaceBox): boolean {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return false;
  const both = width * height;
  const [areaA, areaB] = [a.width * a.height, b.width * b.height];
  return both / (areaA + areaB - both) > sharedAllowed || both / Math.min(areaA, areaB) > heldAllowed;
}
