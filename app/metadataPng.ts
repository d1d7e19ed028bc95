/** The parts of a PNG that are no pixels. */
import { latin1, type MetadataCollector, withoutMark } from './metadata';

const pixels = 0x49444154; // IDAT
const end = 0x49454e44; // IEND

/** A file may be nothing but empty chunks. */
const maxChunks = 10_000;

/** ImageMagick's keyword for a copy of metadata that has a chunk of its own. A kept copy would contradict the changed chunk. */
const rawProfile = /^Raw profile type /i;

/** @param bytes of a file whose signature was seen. */
export async function readPngMetadata(bytes: Uint8Array, view: DataView, into: MetadataCollector): Promise<void> {
  let at = 8;
  let chunks = 0;
  while (at + 12 <= bytes.length && chunks < maxChunks) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === end || at + 12 + length > bytes.length) return;
    if (type !== pixels) {
      await readChunk(latin1(bytes.subarray(at + 4, at + 8)), bytes.subarray(at + 8, at + 8 + length), into);
      chunks++;
    }
    at += 12 + length;
  }
}

async function readChunk(kind: string, data: Uint8Array, into: MetadataCollector): Promise<void> {
  const { found } = into;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (kind) {
    case 'IHDR':
      if (data.length < 13) return;
      found.bitDepth = Math.max(1, Math.min(64, view.getUint8(8)));
      found.colour = (view.getUint8(9) & 2) === 0 ? 'grey' : 'rgb';
      return;
    case 'acTL':
      if (data.length >= 8) found.frames = Math.max(1, view.getUint32(0));
      return;
    case 'pHYs':
      // Pixels a metre; unit 0 tells only the ratio.
      if (data.length >= 9 && view.getUint8(8) === 1)
        into.density(view.getUint32(0) / 100, view.getUint32(4) / 100, 'cm');
      return;
    case 'cICP':
      if (data.length >= 4 && view.getUint8(0) === 12) found.isDisplayP3 = true;
      return;
    case 'eXIf':
      return into.part('exif', withoutMark(data));
    case 'iCCP': {
      const name = data.indexOf(0);
      // A file has one at most. A thousand that unpack to megabytes are an attack.
      if (name < 0 || name > 79 || found.icc || into.hasDropped('icc')) return;
      const icc = await inflate(data.subarray(name + 2), into.room);
      return icc ? into.part('icc', icc) : into.drop({ part: 'icc', why: 'unreadable' });
    }
    case 'tEXt':
    case 'zTXt':
    case 'iTXt':
      return readText(kind, data, into);
  }
}

async function readText(kind: 'tEXt' | 'zTXt' | 'iTXt', data: Uint8Array, into: MetadataCollector): Promise<void> {
  const separator = data.indexOf(0);
  if (separator < 1 || separator > 79) return;
  const keyword = latin1(data.subarray(0, separator));
  if (kind === 'iTXt' && keyword === 'XML:com.adobe.xmp') {
    const language = data.indexOf(0, separator + 3);
    const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
    if (translated < 0 || into.found.xmp || into.hasDropped('xmp')) return;
    const text = data.subarray(translated + 1);
    const xmp = data[separator + 1] === 1 ? await inflate(text, into.room) : text;
    return xmp ? into.part('xmp', xmp) : into.drop({ part: 'xmp', why: 'unreadable' });
  }
  if (rawProfile.test(keyword)) return into.drop({ part: 'copy', keyword });
  into.text(kind, keyword, data);
}

/** @returns null if it is no zlib stream or unpacks to more than `limit` bytes. */
export async function inflate(packed: Uint8Array, limit: number): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = new Blob([new Uint8Array(packed)])
    .stream()
    .pipeThrough(new DecompressionStream('deflate'))
    .getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      length += next.value.length;
      if (length > limit) {
        await reader.cancel();
        return null;
      }
      pieces.push(next.value);
    }
  } catch {
    return null;
  }
  return join(pieces);
}

/** One after the other. */
export function join(pieces: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
