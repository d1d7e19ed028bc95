/** Puts metadata into the JPEG or WebP that libvips wrote, while it streams byte for byte into the final file. */
import type { FileHandle } from 'node:fs/promises';
import { extensionName, jpegMarks } from '../../app/metadataJpeg';
import type { FileMetadata } from './metadata';
import { writeAll } from './png';

interface Size {
  width: number;
  height: number;
}

/** A part of the final file: bytes, or a range of the file that libvips wrote. */
type Piece = Uint8Array | { from: number; to: number };

/** @returns the written file's size in bytes. @throws Error if `from` is not as libvips writes it. */
export async function splice(
  format: 'jpeg' | 'webp',
  from: FileHandle,
  into: FileHandle,
  picture: Size,
  metadata: FileMetadata,
  signal: AbortSignal,
): Promise<number> {
  const { size } = await from.stat();
  const head = Buffer.alloc(64);
  await from.read(head, 0, head.length, 0);
  const pieces = format === 'jpeg' ? jpegPieces(head, size, metadata) : await webpPieces(from, size, picture, metadata);
  let bytes = 0;
  for (const piece of pieces) bytes += piece instanceof Uint8Array ? await writeAll(into, [piece]) : await copy(piece);
  return bytes;

  async function copy({ from: start, to }: { from: number; to: number }): Promise<number> {
    const buffer = Buffer.alloc(Math.min(1 << 20, to - start));
    for (let at = start; at < to; ) {
      signal.throwIfAborted();
      const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, to - at), at);
      if (bytesRead === 0) throw new Error('What was encoded ends too early.');
      await writeAll(into, [buffer.subarray(0, bytesRead)]);
      at += bytesRead;
    }
    return to - start;
  }
}

function jpegPieces(head: Buffer, size: number, metadata: FileMetadata): Piece[] {
  const { exif, icc, xmp, xmpExtension, iptc, density, texts } = metadata;
  if (head.readUInt16BE(0) !== 0xffd8) throw new Error('What was encoded is no JPEG.');
  // Writes JFIF's segment, if there is one, anew.
  const rest = head.readUInt16BE(2) === 0xffe0 ? 4 + head.readUInt16BE(4) : 2;
  const [x, y] = density ? [density.x, density.y].map((value) => Math.min(0xffff, Math.round(value))) : [1, 1];
  const jfif = Buffer.from([
    ...Buffer.from('JFIF\0', 'latin1'),
    1,
    1,
    density ? (density.unit === 'inch' ? 1 : 2) : 0,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
  jfif.writeUInt16BE(x ?? 1, 8);
  jfif.writeUInt16BE(y ?? 1, 10);
  const out: Piece[] = [head.subarray(0, 2), ...segment(0xe0, jfif)];
  const marked = (marker: number, mark: keyof typeof jpegMarks, ...parts: Uint8Array[]) =>
    out.push(...segment(marker, Buffer.from(jpegMarks[mark], 'latin1'), ...parts));
  if (exif) marked(0xe1, 'exif', exif);
  if (xmp) marked(0xe1, 'xmp', xmp);
  const name = extensionName(xmp);
  if (xmpExtension && name)
    for (let at = 0; at < xmpExtension.length; at += 65_400) {
      const place = Buffer.alloc(8);
      place.writeUInt32BE(xmpExtension.length);
      place.writeUInt32BE(at, 4);
      marked(0xe1, 'xmpExtension', Buffer.from(name, 'latin1'), place, xmpExtension.subarray(at, at + 65_400));
    }
  if (icc) {
    const count = Math.ceil(icc.length / 65_519);
    for (let i = 0; i < count; i++)
      marked(0xe2, 'icc', Uint8Array.of(i + 1, count), icc.subarray(i * 65_519, (i + 1) * 65_519));
  }
  if (iptc) marked(0xed, 'iptc', iptc);
  for (const { bytes } of texts) out.push(...segment(0xfe, bytes));
  return [...out, { from: rest, to: size }];
}

function segment(marker: number, ...parts: Uint8Array[]): Uint8Array[] {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(
    parts.reduce((sum, part) => sum + part.length, 2),
    2,
  );
  return [head, ...parts];
}

const hasIcc = 0x20;
const hasAlpha = 0x10;
const hasExif = 0x08;
const hasXmp = 0x04;

/** Makes the extended header, which lists what follows. libvips writes one only if there is alpha. */
async function webpPieces(from: FileHandle, size: number, picture: Size, metadata: FileMetadata): Promise<Piece[]> {
  const { exif, icc, xmp } = metadata;
  let flags = (icc ? hasIcc : 0) | (exif ? hasExif : 0) | (xmp ? hasXmp : 0);
  const images: Piece[] = [];
  const head = Buffer.alloc(9);
  for (let at = 12; at + 8 <= size; ) {
    await from.read(head, 0, head.length, at);
    const length = head.readUInt32LE(4);
    const to = Math.min(at + 8 + length + (length & 1), size);
    if (head.toString('latin1', 0, 4) === 'VP8X') flags |= (head[8] ?? 0) & hasAlpha;
    else images.push({ from: at, to });
    at = to;
  }
  const extended = Buffer.alloc(10);
  extended[0] = flags;
  extended.writeUIntLE(picture.width - 1, 4, 3);
  extended.writeUIntLE(picture.height - 1, 7, 3);
  const chunks: Piece[] = [
    ...(flags ? webpChunk('VP8X', extended) : []),
    ...(icc ? webpChunk('ICCP', icc) : []),
    ...images,
    ...(exif ? webpChunk('EXIF', exif) : []),
    ...(xmp ? webpChunk('XMP ', xmp) : []),
  ];
  const riff = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  riff.writeUInt32LE(
    chunks.reduce((sum, piece) => sum + lengthOf(piece), 4),
    4,
  );
  return [riff, ...chunks];
}

const lengthOf = (piece: Piece) => (piece instanceof Uint8Array ? piece.length : piece.to - piece.from);

/** Adds the byte that follows a chunk of odd length. */
function webpChunk(name: string, bytes: Uint8Array): Uint8Array[] {
  const head = Buffer.from(`${name}\0\0\0\0`, 'latin1');
  head.writeUInt32LE(bytes.length, 4);
  return [head, bytes, new Uint8Array(bytes.length & 1)];
}
