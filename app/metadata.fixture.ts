/** Small files with metadata, made by hand. */
import type { PictureMetadata } from './metadata';
import { jpegMarks } from './metadataJpeg';

/** Of a file that says nothing beside its pixels. */
export const noMetadata: PictureMetadata = {
  texts: [],
  bitDepth: 8,
  colour: 'rgb',
  frames: 1,
  isDisplayP3: false,
  isSrgb: true,
  dropped: [],
};

type Value = number | { bytes: number[] };
/** [tag, type, count, value: the number, or what lies outside of the entry]. */
type Entry = [number, number, number, Value];

export const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

/** EXIF with orientation 6, a size of 640 × 480, a maker note, a thumbnail and a place. Byte order `II` or `MM`. */
export function exampleExif(order: 'II' | 'MM'): Uint8Array {
  const bytes = new Uint8Array(400);
  const view = new DataView(bytes.buffer);
  const little = order === 'II';
  bytes.set(ascii(order));
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  const directory = (at: number, entries: Entry[], next: number) => {
    view.setUint16(at, entries.length, little);
    entries.forEach(([tag, type, count, value], i) => {
      const entry = at + 2 + i * 12;
      view.setUint16(entry, tag, little);
      view.setUint16(entry + 2, type, little);
      view.setUint32(entry + 4, count, little);
      if (typeof value !== 'number') bytes.set(value.bytes, entry + 8);
      else if (type === 3) view.setUint16(entry + 8, value, little);
      else view.setUint32(entry + 8, value, little);
    });
    view.setUint32(at + 2 + entries.length * 12, next, little);
  };
  const [capture, place, second, note, thumbnail, latitude, maker] = [100, 160, 200, 260, 300, 340, 370];
  directory(
    8,
    [
      [0x10f, 2, 6, maker],
      [0x112, 3, 1, 6],
      [0x8769, 4, 1, capture],
      [0x8825, 4, 1, place],
      [0xc4a5, 7, 4, { bytes: [1, 2, 3, 4] }],
    ],
    second,
  );
  directory(
    capture,
    [
      [0x927c, 7, 20, note],
      [0xa002, 3, 1, 640],
      [0xa003, 4, 1, 480],
    ],
    0,
  );
  directory(
    place,
    [
      [1, 2, 2, { bytes: ascii('N\0') }],
      [2, 5, 3, latitude],
    ],
    0,
  );
  directory(
    second,
    [
      [0x201, 4, 1, thumbnail],
      [0x202, 4, 1, 30],
    ],
    0,
  );
  bytes.set(ascii('a maker’s own notes!').slice(0, 20), note);
  bytes.fill(0xee, thumbnail, thumbnail + 30);
  bytes.fill(0x47, latitude, latitude + 24);
  bytes.set(ascii('Maker\0'), maker);
  return bytes;
}
export const exifPlaces = { note: [260, 280], thumbnail: [300, 330], latitude: [340, 364] } as const;

export const exampleXmp = (inner = '', attributes = '') =>
  `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:e="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" dc:format='image/jpeg'${attributes}>${inner}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const uint32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

export const chunk = (type: string, data: Iterable<number>) => {
  const content = [...data];
  // No reader of ours looks at the check.
  return [...uint32(content.length), ...ascii(type), ...content, 0, 0, 0, 0];
};
export const png = (...chunks: number[][]) =>
  Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
    ...chunk('IHDR', [...uint32(3), ...uint32(2), 16, 6, 0, 0, 0]),
    ...chunks.flat(),
    ...chunk('IEND', []),
  ]);

export const segment = (marker: number, content: Iterable<number>) => {
  const data = [...content];
  return [0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255, ...data];
};
export const jpeg = (...segments: number[][]) =>
  Uint8Array.from([
    ...[0xff, 0xd8],
    ...segments.flat(),
    ...segment(0xc0, [8, 0, 2, 0, 3, 4]),
    ...segment(0xda, []),
    ...[0xff, 0xd9],
  ]);
export const marked = (mark: keyof typeof jpegMarks, ...content: Iterable<number>[]) => [
  ...ascii(jpegMarks[mark]),
  ...content.flatMap((part) => [...part]),
];

export function webp(...chunks: [string, Uint8Array][]): Uint8Array {
  const body = chunks.flatMap(([type, data]) => [
    ...ascii(type),
    ...uint32(data.length).reverse(),
    ...data,
    ...(data.length & 1 ? [0] : []),
  ]);
  return Uint8Array.from([...ascii('RIFF'), ...uint32(body.length + 4).reverse(), ...ascii('WEBP'), ...body]);
}

/** A profile of nothing but a name and Display P3's primaries. */
export function exampleIcc(name: string, primaries = true): Uint8Array {
  const bytes = new Uint8Array(400);
  const view = new DataView(bytes.buffer);
  const tags: [string, number, number][] = [['desc', 200, 60]];
  if (primaries) tags.push(['rXYZ', 280, 20], ['gXYZ', 300, 20], ['bXYZ', 320, 20]);
  view.setUint32(128, tags.length);
  tags.forEach(([tag, from, length], i) => {
    bytes.set(ascii(tag), 132 + i * 12);
    view.setUint32(136 + i * 12, from);
    view.setUint32(140 + i * 12, length);
  });
  bytes.set([...ascii('desc'), 0, 0, 0, 0, ...uint32(name.length + 1), ...ascii(name)], 200);
  const values = [0.51512, 0.2412, -0.00105, 0.29198, 0.69225, 0.04189, 0.1571, 0.06657, 0.78407];
  values.forEach((value, i) => {
    view.setInt32(288 + Math.floor(i / 3) * 20 + (i % 3) * 4, Math.round(value * 65536));
  });
  return bytes;
}
