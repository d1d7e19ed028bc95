/**
 * The addon of picture files, `native/build/pixels.node`: its one typed mirror, and what loads it. Pictures lie in files that several
 * processes open, so that JavaScript carries numbers and never a whole picture. The addon needs no engine library and no GPU, and
 * loads in any process. Bundled into them too, so this file must stay trivial.
 *
 * A picture file is 64 bytes of header, which belong to whoever made the file and are not read here, then rows from the top without
 * padding, `channels` bytes a pixel. Every failure is a NativeError (binding.d.ts). All methods that give a promise work off the
 * JavaScript thread; leave the buffers that they were given alone, and do not transfer them, until it is settled.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Rect } from '../app/tiles';

/** A picture file: where it lies and its shape. */
export interface PictureFacts {
  /** Path of a regular file, which may be `/proc/<pid>/fd/<n>`, of at least 64 + width × height × channels bytes; sparse or not. */
  file: string;
  width: number;
  height: number;
  /** 3: RGB. 1: alpha, or a mask. */
  channels: 1 | 3;
}

/**
 * A picture file that is open. Every call refuses regions and buffers that do not fit: BAD_ARGUMENT, "Expected X for name but received Y".
 * Regions lie inside the picture and hold at least a pixel.
 */
export interface MappedPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Copies a region out. @param out region.width × region.height × channels bytes, rows without padding. */
  read(region: Rect, out: Uint8Array): Promise<void>;
  /**
   * Copies a region in. A full disk is an error, and ends no process.
   * @param bytes region.width × region.height × channels, rows tight. @throws NativeError FILE_FULL, FILE_FAILED.
   */
  write(region: Rect, bytes: Uint8Array): Promise<void>;
  /**
   * A network's tile, as app/tiles.ts' cutTile cuts it: mirrored beyond the picture's last column and row.
   * @param x, y inside the picture. @param out width × height × channels bytes.
   */
  cutTile(x: number, y: number, width: number, height: number, out: Uint8Array): Promise<void>;
  /**
   * A region at another size, each axis for itself: the mean over the area where it shrinks (exact, rounded to nearest, for whole
   * ratios), bilinear where it grows (a region's neighbours in the picture count; the picture's own edge pixels go on).
   * @param region inside the picture; may be fractional. @param out width × height × channels bytes.
   */
  resample(region: Rect, width: number, height: number, out: Uint8Array): Promise<void>;
  /** Idempotent; later calls throw. The file is let go once the calls under way have ended. */
  close(): void;
}

/** Colours around every place of a picture, at a smaller size. */
export interface Field {
  width: number;
  height: number;
  /** RGB, 0 to 255, rows tight; black where nothing is near. */
  colours: Float32Array;
}

/** A small mask, laid over a whole picture: 0 nothing to 255 all, rows tight. */
export interface Mask {
  width: number;
  height: number;
  bytes: Uint8Array;
}

/** A small copy of a picture, rows tight. */
export interface SmallCopy {
  width: number;
  height: number;
  /** Not premultiplied; alpha says how much a pixel counts. */
  rgba: Uint8Array;
  /** How much of each pixel is subject. */
  matte: Uint8Array;
}

/** Rows of a picture that is cut out, tight. */
export interface CutRows {
  picture: { width: number; height: number };
  /** Where in the picture they lie. */
  region: Rect;
  /** Gets the colours that are left. */
  rgb: Uint8Array;
  /** How much of each pixel is subject; gets the alpha that is left. */
  alpha: Uint8Array;
  /** The picture's own alpha; null where it is opaque. */
  own: Uint8Array | null;
  subject: Field;
  behind: Field;
  /** What is laid behind; null where it stays transparent. */
  ground: Field | null;
}

interface Point {
  x: number;
  y: number;
}

/** Pixels in rows that lie at an angle in a picture: the one of column c and row r at start + c · step + r · down. */
export interface Grid {
  start: Point;
  step: Point;
  down: Point;
}

export interface PixelsBinding {
  /** @throws NativeError FILE_FAILED, BAD_ARGUMENT. */
  openPicture(facts: PictureFacts, access: 'read' | 'write'): MappedPicture;
  /**
   * A part of a picture at another size, as `resample` makes it, with its alpha. Colours count by their alpha where both are of one size,
   * so that hidden ones are in no mean. Where they are not, the picture is an enlarged one, whose colours `carryColours` has carried.
   * @param picture of 3 channels. @param alpha of one, of any size; null: opaque. @param region inside the picture; may be fractional.
   * @param out width × height × 4 bytes. @throws NativeError FILE_FAILED, BAD_ARGUMENT.
   */
  viewRgba(
    picture: MappedPicture,
    alpha: MappedPicture | null,
    region: Rect,
    width: number,
    height: number,
    out: Uint8Array,
  ): Promise<void>;
  /**
   * Takes a part that lies at an angle, turned level. The region around it is resampled to `size`, as by `viewRgba`; each pixel of the
   * result is interpolated bilinearly from that, colours weighted by alpha.
   * @param grid where the result's pixels lie in the picture. @param out width × height × 4 bytes; all 0 outside of the picture.
   * @throws NativeError FILE_FAILED, BAD_ARGUMENT.
   */
  viewTurned(
    picture: MappedPicture,
    alpha: MappedPicture | null,
    region: Rect,
    size: { width: number; height: number },
    grid: Grid,
    width: number,
    height: number,
    out: Uint8Array,
  ): Promise<void>;
  /**
   * Carries colours under the transparency (alpha bleeding), for what enlarges the picture or takes means of it: each pixel gets the colour
   * of those around it, as far as its own is unknown, since it was multiplied by alpha and rounded to a byte. Opaque pixels stay as they
   * are to the bit, the picture looks as it did, and nothing is left of hidden colours.
   * @param picture of 3 channels. @param alpha of one. @param to of 3, open to write; another file. All are of one size.
   * @throws NativeError FILE_FULL, FILE_FAILED, BAD_ARGUMENT.
   */
  carryColours(picture: MappedPicture, alpha: MappedPicture, to: MappedPicture): Promise<void>;
  /**
   * A part of a mask that is laid over a whole picture, interpolated bilinearly.
   * @param picture its size. @param region in its pixels. @param out width × height bytes. @throws NativeError BAD_ARGUMENT.
   */
  layMask(
    mask: Mask,
    picture: { width: number; height: number },
    region: Rect,
    width: number,
    height: number,
    out: Uint8Array,
  ): Promise<void>;
  /**
   * The colours of a subject, or of what stands behind it, averaged over the neighbourhood of each pixel: three box blurs in a row, which
   * come close to a Gaussian one. A pixel counts by the sixth power of its share, so one that is half subject counts a 64th of one that is
   * all subject.
   * @param radius of the boxes, in pixels. @param out width × height × 3 numbers: a field's colours.
   * @throws NativeError BAD_ARGUMENT.
   */
  surroundings(copy: SmallCopy, of: 'subject' | 'behind', radius: number, out: Float32Array): Promise<void>;
  /**
   * Takes the background's colours out of mixed pixels, in place. Pixels that are all subject stay as they are to the bit; those that are
   * none of it get the subject's colour around them. Then lays them on the ground. @throws NativeError BAD_ARGUMENT.
   */
  cutOut(rows: CutRows): Promise<void>;
  /**
   * PNG scanlines of 8 bits, ready to be deflated: a row is its filter's byte, then width × 3 or, with alpha, width × 4 filtered bytes.
   * Each row's filter is the one with the least sum of absolute differences (PNG specification, §12.8). Strips join: the row above `y` is
   * the picture's own.
   * @param picture of 3 channels. @param alpha of one channel, enlarged bilinearly where its size is another.
   */
  pngRows(picture: MappedPicture, alpha: MappedPicture | null, y: number, rows: number): Promise<Uint8Array>;
  /** Adler-32 of the bytes that zlib packs; 1 for none. @throws NativeError BAD_ARGUMENT. */
  adler32(bytes: Uint8Array): Promise<number>;
}

/** In a development tree, from the repository's root. REFIT_ADDON_BUILD names another build's folder (native/addon.ts). */
export const devPixelsFile = join('native', process.env.REFIT_ADDON_BUILD ?? 'build', 'pixels.node');

/**
 * @param file absolute path of `pixels.node`.
 * @throws where the operating system cannot load it; its words are in the message.
 */
export function loadPixels(file: string): PixelsBinding {
  // `file` itself is the base, because a bundle may have no import.meta.url.
  return createRequire(file)(file) as PixelsBinding;
}
