/**
 * Reads type and size of a PNG, JPEG or WebP from its first bytes, before anything decodes it: a hostile header must cost
 * nothing. The decoder judges the rest, and forgives much.
 */
import type { JpegCoding } from './errorCodes';

export type PictureType = 'image/png' | 'image/jpeg' | 'image/webp';

export interface PictureHeader {
  type: PictureType;
  /** As stored, before any EXIF turn. */
  width: number;
  height: number;
  /** Of a JPEG that Chromium has no decoder for. */
  coding?: JpegCoding;
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Bytes that `sniff` needs. */
export const sniffBytes = 12;

/** A file's type by its signature alone, so that a film of gigabytes is refused before it is read. */
export function sniff(bytes: Uint8Array): PictureType | null {
  if (bytes.length < sniffBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (pngSignature.every((byte, i) => view.getUint8(i) === byte)) return 'image/png';
  if (view.getUint16(0) === 0xffd8) return 'image/jpeg';
  return text(view, 0, 4) === 'RIFF' && text(view, 8, 4) === 'WEBP' ? 'image/webp' : null;
}

/** @param bytes the file from its beginning. @returns null where this is no PNG, JPEG or WebP with a size. */
export function readHeader(bytes: Uint8Array): PictureHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = sniff(bytes);
  const header = type && { 'image/png': readPng, 'image/jpeg': readJpeg, 'image/webp': readWebp }[type](view);
  return header && header.width > 0 && header.height > 0 ? header : null;
}

function readPng(view: DataView): PictureHeader | null {
  if (view.byteLength < 24 || text(view, 12, 4) !== 'IHDR') return null;
  return { type: 'image/png', width: view.getUint32(16), height: view.getUint32(20) };
}

/** Goes from marker to marker to the first start-of-frame. */
function readJpeg(view: DataView): PictureHeader | null {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  let at = nextMarker(bytes, 2);
  while (at !== null && at + 4 <= view.byteLength) {
    const marker = view.getUint8(at + 1);
    if (isFrame(marker)) {
      if (at + 9 > view.byteLength) return null;
      const coding = codingOf(marker, view.getUint8(at + 4));
      const size = { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
      return { type: 'image/jpeg', ...size, ...(coding && { coding }) };
    }
    // Start of scan, end of image: no frame came before the pixels.
    if (marker === 0xda || marker === 0xd9) return null;
    // Decoders read a length below 2, which cannot hold itself, as no content.
    at = nextMarker(bytes, at + 2 + Math.max(2, view.getUint16(at + 2)));
  }
  return null;
}

/** Whether a marker begins a frame; C4, C8 and CC lie in that range but are tables. */
export const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

function codingOf(frame: number, bits: number): JpegCoding | undefined {
  if (frame >= 0xc9) return 'arithmetic';
  if (frame === 0xc3) return 'lossless';
  if (frame >= 0xc5) return 'hierarchical';
  return bits === 8 ? undefined : { bits };
}

/**
 * Finds a JPEG's next marker as decoders do: skips bytes that belong to no segment, coded pixels, fill bytes, stuffed zeros and
 * restarts.
 * @returns the place of its FF, or null if there is none.
 */
export function nextMarker(bytes: Uint8Array, from: number): number | null {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1] as number;
    const standsAlone = marker === 0 || marker === 1 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7);
    if (!standsAlone) return at;
  }
  return null;
}

function readWebp(view: DataView): PictureHeader | null {
  if (view.byteLength < 30) return null;
  const type = 'image/webp';
  switch (text(view, 12, 4)) {
    case 'VP8 ':
      if (view.getUint8(23) !== 0x9d || view.getUint8(24) !== 0x01 || view.getUint8(25) !== 0x2a) return null;
      return { type, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case 'VP8L': {
      if (view.getUint8(20) !== 0x2f) return null;
      const bits = view.getUint32(21, true);
      return { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { type, width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 };
    default:
      return null;
  }
}

const uint24 = (view: DataView, at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);

function text(view: DataView, at: number, length: number): string {
  let out = '';
  for (let i = 0; i < length; i++) out += String.fromCharCode(view.getUint8(at + i));
  return out;
}
