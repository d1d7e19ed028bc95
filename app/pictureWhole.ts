/**
 * Says whether a picture is all there: Chromium decodes as much as there is of a cut-off file and leaves the rest grey. If only the
 * file's end mark is missing or wrong, says what mends it. It walks the file's structure, because phones append previews and films
 * to a whole picture. Pure.
 */
import { nextMarker, type PictureType } from './pictureHeader';

/** Bytes of a file from `from` to before `to`, and what stands in their place. */
export interface Edit {
  from: number;
  to: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * `whole`: all is there. `cut`: pixels are missing. `unmarked`: the end mark is missing or wrong, and `edits` mend it; only the decoder
 * can tell whether all pixels are there.
 */
export type Ending = { kind: 'whole' } | { kind: 'cut' } | { kind: 'unmarked'; edits: Edit[] };

const whole: Ending = { kind: 'whole' };
const cut: Ending = { kind: 'cut' };

/** @param bytes the whole file, whose header was read already. */
export function endingOf(type: PictureType, bytes: Uint8Array): Ending {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { 'image/png': pngEnding, 'image/jpeg': jpegEnding, 'image/webp': webpEnding }[type](bytes, view);
}

const pngEnd = [0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];

/** Goes from chunk to chunk until IEND. */
function pngEnding(_: Uint8Array, view: DataView): Ending {
  let at = 8;
  let hasPixels = false;
  while (at + 12 <= view.byteLength) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === 0x49454e44) return whole;
    if (at + 12 + length > view.byteLength) break;
    hasPixels ||= type === 0x49444154;
    at += 12 + length;
  }
  // What is left may be a part of the end, or of a chunk of pixels.
  const rest = new Uint8Array(view.buffer, view.byteOffset + at, view.byteLength - at);
  if (!hasPixels || rest.length >= 12 || rest.some((byte, i) => byte !== pngEnd[i])) return cut;
  return { kind: 'unmarked', edits: [{ from: at, to: view.byteLength, bytes: Uint8Array.from(pngEnd) }] };
}

/** Goes from marker to marker, through the coded pixels too, until the end of the image. */
function jpegEnding(bytes: Uint8Array, view: DataView): Ending {
  let at = nextMarker(bytes, 2);
  let hasPixels = false;
  while (at !== null) {
    const marker = bytes[at + 1];
    if (marker === 0xd9) return whole;
    if (at + 4 > bytes.length) return cut;
    const end = at + 2 + Math.max(2, view.getUint16(at + 2));
    if (end > bytes.length) return cut;
    hasPixels ||= marker === 0xda;
    at = nextMarker(bytes, end);
  }
  const { length } = bytes;
  return hasPixels ? { kind: 'unmarked', edits: [{ from: length, to: length, bytes: jpegEnd }] } : cut;
}

const jpegEnd = Uint8Array.of(0xff, 0xd9);

/** Goes from chunk to chunk; the file's own length counts only where the pixels' chunk is not within it. */
function webpEnding(bytes: Uint8Array, view: DataView): Ending {
  const said = view.getUint32(4, true) + 8;
  let at = 12;
  let pixelsEnd = 0;
  while (at + 8 <= bytes.length) {
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    if (at + 8 + length > bytes.length) break;
    at += 8 + length + (length & 1);
    if (pixelsEnd === 0 && ['VP8 ', 'VP8L', 'ANMF'].includes(name)) pixelsEnd = at;
    // What lies behind the file's stated length counts only if it is the picture itself.
    if (pixelsEnd > 0 && at >= said) break;
  }
  if (pixelsEnd === 0) return said <= bytes.length ? whole : cut;
  if (said >= pixelsEnd - 1 && said <= bytes.length) return whole;
  const end = Math.min(at, bytes.length + (bytes.length & 1));
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, end - 8, true);
  const edits = [{ from: 4, to: 8, bytes: size }];
  const { length } = bytes;
  // The byte that pads a chunk of odd length.
  if (end > length) edits.push({ from: length, to: length, bytes: new Uint8Array(1) });
  return { kind: 'unmarked', edits };
}

/** The edited file, as a list of parts. @param edits must not overlap. */
export function edited(file: Blob, edits: Edit[]): Blob {
  if (edits.length === 0) return file;
  const parts: BlobPart[] = [];
  let at = 0;
  for (const { from, to, bytes } of edits.toSorted((a, b) => a.from - b.from)) {
    parts.push(file.slice(at, from), bytes);
    at = to;
  }
  return new Blob([...parts, file.slice(at)]);
}

/**
 * An end for a JPEG that lacks one: some more coded pixels, then the end mark. A decoder that still lacks pixels makes wrong ones of
 * them; a decoder that has all ignores them.
 */
export function jpegTail(bytes: Uint8Array): Edit[] {
  const { length } = bytes;
  // The first half of an end mark would make one of what follows.
  const from = bytes[length - 1] === 0xff ? length - 1 : length;
  const pixels = Array.from({ length: 509 }, (_, i) => (i * 89 + 7) % 251);
  return [{ from, to: length, bytes: Uint8Array.of(...pixels, ...jpegEnd) }];
}

/** Whether a PNG's packed pixels come to their end. @param bytes whose chunks are whole. */
export async function pngPixelsEnd(bytes: Uint8Array): Promise<boolean> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packed: BlobPart[] = [];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const isPixels = view.getUint32(at + 4) === 0x49444154;
    if (isPixels) packed.push(new Uint8Array(bytes.subarray(at + 8, at + 8 + view.getUint32(at))));
  }
  const reader = new Blob(packed).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    while (!(await reader.read()).done);
    return true;
  } catch {
    return false;
  }
}

/** Whether nothing is missing, not even the end mark. @param bytes the whole file, whose header was read already. */
export const isWhole = (type: PictureType, bytes: Uint8Array): boolean => endingOf(type, bytes).kind === 'whole';
