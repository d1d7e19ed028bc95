import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fc } from '../test/properties';
import { cleanExif } from './exif';
import { readMetadata } from './metadata';
import {
  ascii,
  bytesOf,
  chunk,
  exampleExif,
  exampleIcc,
  exampleXmp,
  exifPlaces,
  jpeg,
  marked,
  png,
  segment,
  webp,
} from './metadata.fixture';
import { Metadata } from './metadataSchema';
import { cleanPhotoshop } from './photoshop';
import { cleanXmp } from './xmp';

const iccChunk = (profile: Uint8Array) => chunk('iCCP', [...ascii('name\0\0'), ...deflateSync(profile)]);
const exif = exampleExif('II');
const icc = exampleIcc('Display P3');
const xmp = bytesOf(exampleXmp());

describe('what a file says beside its pixels', () => {
  it('is read from a PNG, texts byte for byte', async () => {
    const text = bytesOf('Author\0Åsa');
    const file = png(
      iccChunk(icc),
      chunk('eXIf', exif),
      chunk('pHYs', [0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1]),
      chunk('tEXt', text),
      chunk('iTXt', [...ascii('XML:com.adobe.xmp\0\0\0\0\0'), ...xmp]),
      chunk('acTL', [0, 0, 0, 5, 0, 0, 0, 0]),
    );
    expect(await readMetadata('png', file)).toEqual({
      exif,
      icc,
      xmp,
      density: { x: 118.11, y: 118.11, unit: 'cm' },
      texts: [{ kind: 'tEXt', keyword: 'Author', bytes: text }],
      bitDepth: 16,
      colour: 'rgb',
      frames: 5,
      profileName: 'Display P3',
      isDisplayP3: true,
      isSrgb: false,
      dropped: [],
    });
  });

  it('is read from a JPEG, a profile and further XMP joined from pieces in any order', async () => {
    const name = '0123456789ABCDEF0123456789ABCDEF';
    const packet = bytesOf(exampleXmp('', ` xmpNote:HasExtendedXMP="${name}"`));
    const piece = (from: number, bytes: string) => [...ascii(name), 0, 0, 0, 7, 0, 0, 0, from, ...ascii(bytes)];
    const file = jpeg(
      segment(0xe0, [...ascii('JFIF\0'), 1, 2, 1, 1, 44, 1, 44, 0, 0]),
      segment(0xe1, marked('exif', exif)),
      segment(0xe1, marked('xmp', packet)),
      segment(0xe1, marked('xmpExtension', piece(4, 'efg'))),
      segment(0xe1, marked('xmpExtension', piece(0, 'abcd'))),
      segment(0xe2, marked('icc', [2, 2], icc.subarray(300))),
      segment(0xe2, marked('icc', [1, 2], icc.subarray(0, 300))),
      segment(0xfe, ascii('a comment')),
    );
    expect(await readMetadata('jpeg', file)).toMatchObject({
      exif,
      icc,
      xmp: packet,
      xmpExtension: bytesOf('abcdefg'),
      density: { x: 300, y: 300, unit: 'inch' },
      texts: [{ kind: 'COM', keyword: '', bytes: bytesOf('a comment') }],
      colour: 'cmyk',
      frames: 1,
      dropped: [],
    });
  });

  it('is read from a WebP, with how many frames it has', async () => {
    const file = webp(['VP8X', new Uint8Array(10)], ['ICCP', icc], ['ANMF', xmp], ['ANMF', xmp], ['EXIF', exif]);
    expect(await readMetadata('webp', file)).toMatchObject({ exif, icc, frames: 2, dropped: [] });
  });

  it('names what is too large, and keeps the rest', async () => {
    const huge = new Uint8Array((2 << 20) + 1);
    const found = await readMetadata('webp', webp(['EXIF', exif], ['XMP ', huge]));
    expect(found).toMatchObject({ exif, dropped: [{ part: 'xmp', why: 'tooLarge' }] });
    expect(found.xmp).toBeUndefined();
  });

  it('does not unpack a profile that would fill the memory', async () => {
    const found = await readMetadata('png', png(iccChunk(new Uint8Array(64 << 20)), chunk('eXIf', exif)));
    expect(found).toMatchObject({ exif, dropped: [{ part: 'icc', why: 'unreadable' }] });
  });

  it.each([
    ['jpeg', 'a density of 0', jpeg(segment(0xe0, [...ascii('JFIF\0'), 1, 2, 1, 0, 0, 0, 0, 0, 0]))],
    ['png', 'a density of 0', png(chunk('pHYs', [0, 0, 0, 0, 0, 0, 0, 0, 1]))],
    ['png', 'no bits a channel', png(chunk('IHDR', [0, 0, 0, 1, 0, 0, 0, 1, 0, 2, 0, 0, 0]))],
    [
      'png',
      'a thousand copies',
      png(...Array.from({ length: 1000 }, (_, i) => chunk('tEXt', ascii(`Raw profile type ${i}\0`)))),
    ],
  ] as const)('of a %s with %s is taken by main', async (type, _, file) => {
    const found = await readMetadata(type, file);
    expect(Metadata.safeParse(found).error).toBeUndefined();
    expect(found.density).toBeUndefined();
  });

  it.each(['png', 'jpeg', 'webp'] as const)('of a broken %s never throws, and main takes it', async (type) => {
    const whole = {
      png: png(iccChunk(icc), chunk('eXIf', exif), chunk('tEXt', ascii('a\0b'))),
      jpeg: jpeg(segment(0xe1, marked('exif', exif)), segment(0xe2, marked('icc', [1, 1], icc))),
      webp: webp(['ICCP', icc], ['EXIF', exif]),
    }[type];
    const changed = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(changed, fc.nat(whole.length), async (changes, length) => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        const found = await readMetadata(type, bytes.subarray(0, length));
        expect(Metadata.safeParse(found).success).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe.each(['II', 'MM'] as const)('EXIF in byte order %s', (order) => {
  const before = exampleExif(order);
  const edit = { orientation: 1, width: 2560, height: 70_000, dropThumbnail: true } as const;
  const number = (bytes: Uint8Array, at: number, size: 2 | 4) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return size === 2 ? view.getUint16(at, order === 'II') : view.getUint32(at, order === 'II');
  };

  it('gets the new size and orientation, and no byte moves', () => {
    const after = cleanExif(before, { ...edit, dropPlace: false }) ?? new Uint8Array();
    expect(number(after, 8 + 2 + 12 + 8, 2)).toBe(1);
    expect(number(after, 100 + 2 + 12 + 8, 2)).toBe(2560);
    expect(number(after, 100 + 2 + 24 + 8, 4)).toBe(70_000);
    for (const [from, to] of [exifPlaces.note, exifPlaces.latitude])
      expect(after.subarray(from, to)).toEqual(before.subarray(from, to));
    expect(after.length).toBe(before.length);
  });

  it('loses its thumbnail, byte for byte', () => {
    const after = cleanExif(before, { ...edit, dropPlace: false }) ?? new Uint8Array();
    expect(after.includes(0xee)).toBe(false);
    expect(number(after, 8 + 2 + 5 * 12, 4)).toBe(0);
  });

  it('loses its place where that is asked for, and nothing else', () => {
    const after = cleanExif(before, { ...edit, dropPlace: true }) ?? new Uint8Array();
    expect(number(after, 8, 2)).toBe(4);
    expect(after.subarray(...exifPlaces.latitude).every((byte) => byte === 0)).toBe(true);
    expect(number(after, 8 + 2 + 36, 2)).toBe(0xc4a5);
    expect(after.subarray(...exifPlaces.note)).toEqual(before.subarray(...exifPlaces.note));
  });

  it.each([true, false])(
    'keeps no note, long value or gap that may hold a picture; place left out: %s',
    (dropPlace) => {
      // A thumbnail that no entry speaks of, in a gap.
      const hiding = before.slice();
      hiding.fill(0xab, 380, 400);
      const after = cleanExif(hiding, { ...edit, dropPlace, dropCopies: true }) ?? new Uint8Array();
      for (const [from, to] of [exifPlaces.note, exifPlaces.thumbnail, [380, 400]] as const)
        expect(after.subarray(from, to).every((byte) => byte === 0)).toBe(true);
      expect(after.subarray(...exifPlaces.latitude).some((byte) => byte !== 0)).toBe(!dropPlace);
      expect(after.subarray(370, 376)).toEqual(before.subarray(370, 376));
      expect(number(after, 100 + 2 + 12 + 8, 2)).toBe(2560);
    },
  );

  it('goes as a whole where a thumbnail is said to lie over the maker note', () => {
    const hostile = before.slice();
    new DataView(hostile.buffer).setUint32(200 + 2 + 8, 255, order === 'II');
    expect(cleanExif(hostile, { ...edit, dropPlace: false })).toBeNull();
  });

  it('goes as a whole where its directories go round in a circle', () => {
    const hostile = before.slice();
    new DataView(hostile.buffer).setUint32(200 + 2 + 24, 200, order === 'II');
    expect(cleanExif(hostile, { ...edit, dropPlace: false })).toBeNull();
  });

  it('never throws, whatever its bytes', () => {
    const changes = fc.array(fc.tuple(fc.nat(before.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(changes, fc.nat(before.length), fc.boolean(), (changed, length, dropPlace) => {
        const bytes = before.slice(0, length);
        for (const [at, value] of changed) bytes[at % Math.max(1, length)] = value;
        const after = cleanExif(bytes, { ...edit, dropPlace });
        expect(after === null || after.length === length).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('XMP', () => {
  const edit = { width: 20, height: 10, dropPlace: false, keepExtension: true };
  const clean = (text: string, change = {}) => {
    const after = cleanXmp(bytesOf(text), { ...edit, ...change });
    return after && new TextDecoder('utf-8', { ignoreBOM: true }).decode(after);
  };

  it('is kept letter for letter where nothing is to be changed', () => {
    const text = exampleXmp('<dc:title><rdf:Alt><rdf:li xml:lang="x-default">A &amp; Ü</rdf:li></rdf:Alt></dc:title>');
    expect(clean(text)).toBe(text);
  });

  it('gets the new orientation and size, as attribute or element', () => {
    expect(clean(exampleXmp('<tiff:Orientation>6</tiff:Orientation>', ` e:PixelXDimension='5'`))).toBe(
      exampleXmp('<tiff:Orientation>1</tiff:Orientation>', ` e:PixelXDimension='20'`),
    );
  });

  it('loses its thumbnails', () => {
    const inner = '<xmp:Thumbnails><rdf:Alt><rdf:li xmp:Image="/9j/"/></rdf:Alt></xmp:Thumbnails><dc:a/>';
    expect(clean(exampleXmp(inner))).toBe(exampleXmp('<dc:a/>'));
  });

  it('loses the place where that is asked for, whatever the prefix', () => {
    const text = exampleXmp(
      '<e:GPSLongitude>7</e:GPSLongitude><dc:a>b</dc:a>',
      ' e:GPSLatitude="5,3N" photoshop:City="X"',
    );
    expect(clean(text, { dropPlace: true })).toBe(exampleXmp('<dc:a>b</dc:a>'));
    expect(clean(text)).toBe(text);
  });

  it.each([
    ['an entity', `<!DOCTYPE a [<!ENTITY b "c">]>${exampleXmp()}`],
    ['tags that do not close', exampleXmp('<dc:a>')],
    ['one prefix for two things', exampleXmp('<a xmlns:dc="urn:other"/>')],
    ['a name space that hides behind a reference', exampleXmp('<a xmlns:z="http://ns.adobe.com/exif/1.0&#47;"/>')],
  ])('goes as a whole where it has %s', (_, text) => {
    expect(clean(text)).toBeNull();
  });

  it('of a million open tags takes no longer than one reading', () => {
    expect(clean('<xmp:Thumbnails>'.repeat(100_000))).toBeNull();
    expect(clean(exampleXmp(`<dc:a ${' '.repeat(1_000_000)}`))).toBeNull();
  });
});

describe('Photoshop’s resources', () => {
  const block = (id: number, text: string) => [...ascii('8BIM'), id >> 8, id & 255, 0, 0, 0, 0, 0, 2, ...ascii(text)];
  const all = Uint8Array.from([...block(0x03ed, 'aa'), ...block(0x040c, 'bb'), ...block(0x0404, 'cc')]);

  it('lose their thumbnail, and their IPTC where the place is to go', () => {
    expect(cleanPhotoshop(all, false)).toEqual(Uint8Array.from([...block(0x03ed, 'aa'), ...block(0x0404, 'cc')]));
    expect(cleanPhotoshop(all, true)).toEqual(Uint8Array.from(block(0x03ed, 'aa')));
  });

  it('go as a whole where they end too early', () => {
    expect(cleanPhotoshop(all.subarray(0, -1), false)).toBeNull();
  });
});

it('finds what a JPEG says behind bytes that belong to no segment', async () => {
  const exif = exampleExif('II');
  const [start, ...parts] = [
    [0xff, 0xd8],
    [0, 0xe1, 0, 9, 0xff, 0, 7],
    segment(0xe1, marked('exif', exif)),
    [0xff, 0xd9],
  ];
  const { exif: found } = await readMetadata('jpeg', Uint8Array.from([...(start ?? []), ...parts.flat()]));
  expect(found).toEqual(exif);
});
