/** The segments of a JPEG that are no pixels. */
import { latin1, type MetadataCollector, startsWith } from './metadata';
import { join } from './metadataPng';
import { isFrame, nextMarker } from './pictureHeader';

/** What the content of a segment begins with. */
export const jpegMarks = {
  exif: 'Exif\0\0',
  xmp: 'http://ns.adobe.com/xap/1.0/\0',
  xmpExtension: 'http://ns.adobe.com/xmp/extension/\0',
  icc: 'ICC_PROFILE\0',
  iptc: 'Photoshop 3.0\0',
} as const;

/** @param bytes of a file whose signature was seen. Ends at the first scan. */
export function readJpegMetadata(bytes: Uint8Array, view: DataView, into: MetadataCollector): void {
  const profile = new Map<number, Uint8Array>();
  const extensions = new Map<string, Uint8Array[]>();
  let at = nextMarker(bytes, 2);
  while (at !== null && at + 4 <= bytes.length) {
    const marker = view.getUint8(at + 1);
    // Decoders read a length below 2, which cannot hold itself, as no content.
    const end = at + 2 + Math.max(2, view.getUint16(at + 2));
    if (marker === 0xda || marker === 0xd9 || end > bytes.length) break;
    readSegment(marker, bytes.subarray(at + 4, end), into, profile, extensions);
    at = nextMarker(bytes, end);
  }
  joinProfile(profile, into);
  joinExtension(extensions, into);
}

function readSegment(
  marker: number,
  data: Uint8Array,
  into: MetadataCollector,
  profile: Map<number, Uint8Array>,
  extensions: Map<string, Uint8Array[]>,
): void {
  const { found } = into;
  const after = (mark: string) => (startsWith(data, mark) ? data.subarray(mark.length) : null);
  if (marker === 0xe0 && startsWith(data, 'JFIF\0') && data.length >= 12) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const unit = view.getUint8(7);
    if (unit === 1 || unit === 2) into.density(view.getUint16(8), view.getUint16(10), unit === 1 ? 'inch' : 'cm');
  } else if (marker === 0xe1) {
    const exif = after(jpegMarks.exif);
    const xmp = after(jpegMarks.xmp);
    const extension = after(jpegMarks.xmpExtension);
    if (exif) into.part('exif', exif);
    if (xmp) into.part('xmp', xmp);
    if (extension && extension.length >= 40) {
      const name = latin1(extension.subarray(0, 32));
      extensions.set(name, [...(extensions.get(name) ?? []), extension.subarray(32)].slice(0, 64));
    }
  } else if (marker === 0xe2) {
    const piece = after(jpegMarks.icc);
    if (piece && piece.length > 2 && !profile.has(piece[0] ?? 0)) profile.set(piece[0] ?? 0, piece.subarray(1));
  } else if (marker === 0xed) {
    const iptc = after(jpegMarks.iptc);
    if (iptc) into.part('iptc', iptc);
  } else if (marker === 0xfe) into.text('COM', '', data);
  else if (isFrame(marker)) {
    found.bitDepth = Math.max(1, Math.min(64, data[0] ?? 8));
    const channels = data[5];
    found.colour = channels === 1 ? 'grey' : channels === 4 ? 'cmyk' : 'rgb';
  }
}

/** A profile comes in pieces of 64 KB, numbered from 1, each with how many there are. */
function joinProfile(pieces: Map<number, Uint8Array>, into: MetadataCollector): void {
  const count = pieces.get(1)?.[0];
  if (pieces.size === 0) return;
  const ordered = Array.from({ length: count ?? 0 }, (_, i) => pieces.get(i + 1));
  const whole = ordered.flatMap((piece) => (piece ? [piece.subarray(1)] : []));
  if (!count || whole.length !== count) into.drop({ part: 'icc', why: 'incomplete' });
  else into.part('icc', join(whole));
}

/** Each piece of further XMP says the whole's length and its own place; the main packet says which whole is meant. */
function joinExtension(extensions: Map<string, Uint8Array[]>, into: MetadataCollector): void {
  if (extensions.size === 0) return;
  const name = extensionName(into.found.xmp);
  const whole = name === undefined ? null : joinPieces(extensions.get(name) ?? [], into.room);
  if (whole) into.part('xmpExtension', whole);
  else into.drop({ part: 'xmpExtension', why: 'incomplete' });
}

/** @param pieces each its whole's length, its own place, its bytes. @returns null if they do not make the whole. */
function joinPieces(pieces: Uint8Array[], room: number): Uint8Array | null {
  const placed = pieces.map((piece) => {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    return { length: view.getUint32(0), from: view.getUint32(4), bytes: piece.subarray(8) };
  });
  placed.sort((a, b) => a.from - b.from);
  let filled = 0;
  for (const { from, bytes } of placed) {
    if (from !== filled) return null;
    filled += bytes.length;
  }
  return placed.length > 0 && filled === placed[0]?.length && filled <= room
    ? join(placed.map(({ bytes }) => bytes))
    : null;
}

/** The name (an MD5 in 32 letters) of the further XMP that a packet refers to. */
export function extensionName(xmp: Uint8Array | undefined): string | undefined {
  return xmp && /HasExtendedXMP\s*(?:=\s*["']|>\s*)([0-9A-Fa-f]{32})/.exec(latin1(xmp))?.[1];
}
