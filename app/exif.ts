/**
 * Reads a picture's orientation, and makes its EXIF right for the file that is made of it. What stays, stays where it was: a camera's
 * own notes hold offsets that nobody knows. Anybody may have made the EXIF: if an edit could hit something that is to stay, the file
 * gets no EXIF at all. Pure.
 */

/** One of EXIF's eight: which side of the stored picture is up, and whether it is mirrored. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const isOrientation = (value: number): value is Orientation => value >= 1 && value <= 8;

export interface ExifEdit {
  /** The pixels were turned already. */
  orientation: 1;
  width?: number;
  height?: number;
  dropThumbnail: true;
  dropPlace: boolean;
  /** Whatever else could hold a picture of the picture: the camera's notes, long values, and what no entry speaks of. */
  dropCopies?: boolean;
}

const tags = {
  width: 0x100,
  height: 0x101,
  orientation: 0x112,
  exif: 0x8769,
  place: 0x8825,
  interoperability: 0xa005,
  notes: 0x927c,
  pixelWidth: 0xa002,
  pixelHeight: 0xa003,
  thumbnail: 0x201,
  thumbnailBytes: 0x202,
  strips: 0x111,
  stripBytes: 0x117,
} as const;

/** Bytes of a value, by type. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const short = 3;
const long = 4;

const maxEntries = 1000;
/** Too few for a picture of anybody. */
const maxValueWithoutCopies = 256;

interface Entry {
  at: number;
  tag: number;
  /** Where its value lies: in the entry itself, or outside of it. */
  value: Range;
}

interface Range {
  from: number;
  to: number;
}

/** Anything that cannot be what it says it is. Never leaves this file. */
class Broken extends Error {}

/** @returns a changed copy of the same length; null where this EXIF cannot be edited surely. */
export function cleanExif(exif: Uint8Array, edit: ExifEdit): Uint8Array | null {
  try {
    return new Editor(new Uint8Array(exif)).clean(edit);
  } catch (error) {
    if (error instanceof Broken) return null;
    throw error;
  }
}

/**
 * How the picture is to be turned. Reads no further than to that entry: what is broken behind it does not matter here.
 * @param exif a TIFF block that anybody made. @returns 1, upright, where it says nothing that can be read.
 */
export function orientationOf(exif: Uint8Array | undefined): Orientation {
  try {
    return exif ? new Tiff(exif).orientation() : 1;
  } catch (error) {
    if (error instanceof Broken) return 1;
    throw error;
  }
}

/** A TIFF block, read without trust. */
class Tiff {
  protected readonly view: DataView;
  protected readonly little: boolean;

  /** @throws Broken, as do all its methods. */
  constructor(protected readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 14) throw new Broken();
    const order = this.view.getUint16(0);
    if (order !== 0x4949 && order !== 0x4d4d) throw new Broken();
    this.little = order === 0x4949;
    if (this.u16(2) !== 42) throw new Broken();
  }

  orientation(): Orientation {
    const main = this.u32(4);
    const count = this.u16(main);
    for (let i = 0; i < count; i++) {
      const at = main + 2 + i * 12;
      if (this.u16(at) !== tags.orientation) continue;
      const value = this.number(at);
      return isOrientation(value) ? value : 1;
    }
    return 1;
  }

  protected range(from: number, bytes: number): Range {
    if (from + bytes > this.bytes.length) throw new Broken();
    return { from, to: from + bytes };
  }

  /** The one number of an entry. */
  protected number(at: number): number {
    const type = this.u16(at + 2);
    if (type === short) return this.u16(at + 8);
    if (type === long) return this.u32(at + 8);
    throw new Broken();
  }

  protected u16(at: number): number {
    this.range(at, 2);
    return this.view.getUint16(at, this.little);
  }

  protected u32(at: number): number {
    this.range(at, 4);
    return this.view.getUint32(at, this.little);
  }
}

class Editor extends Tiff {
  private readonly kept: Range[] = [{ from: 0, to: 8 }];
  private readonly erased: Range[] = [];
  /** Where directories that stay begin, and the camera's own notes. */
  private readonly directories = new Set<number>();
  private readonly notes = new Set<number>();

  clean(edit: ExifEdit): Uint8Array {
    const main = this.u32(4);
    const entries = this.directory(main);
    this.keep(main, entries);
    for (const { at, tag } of entries) {
      if (tag === tags.orientation) this.setNumber(at, edit.orientation);
      if (tag === tags.width && edit.width !== undefined) this.setNumber(at, edit.width);
      if (tag === tags.height && edit.height !== undefined) this.setNumber(at, edit.height);
      if (tag === tags.exif) this.cleanCapture(this.u32(at + 8), edit);
    }
    this.eraseThumbnail(main, entries.length);
    if (edit.dropPlace) this.erasePlace(main, entries);
    this.erase();
    if (edit.dropCopies) this.eraseAllBut(entries, edit.dropPlace);
    return this.bytes;
  }

  /** The directory of how the picture was taken; where the camera's own notes hang. */
  private cleanCapture(at: number, edit: ExifEdit): void {
    const entries = this.directory(at);
    this.keep(at, entries);
    for (const entry of entries) {
      if (entry.tag === tags.pixelWidth && edit.width !== undefined) this.setNumber(entry.at, edit.width);
      if (entry.tag === tags.pixelHeight && edit.height !== undefined) this.setNumber(entry.at, edit.height);
      if (entry.tag !== tags.interoperability) continue;
      const inner = this.u32(entry.at + 8);
      this.keep(inner, this.directory(inner));
    }
  }

  /** The second directory and all that follow describe thumbnails. */
  private eraseThumbnail(main: number, entries: number): void {
    const link = main + 2 + entries * 12;
    let at = this.u32(link);
    this.setU32(link, 0);
    for (let directories = 0; at !== 0; directories++) {
      if (directories > 8) throw new Broken();
      const found = this.directory(at);
      this.eraseDirectory(at, found);
      this.erasePixels(found, tags.thumbnail, tags.thumbnailBytes);
      this.erasePixels(found, tags.strips, tags.stripBytes);
      at = this.u32(at + 2 + found.length * 12);
    }
  }

  private erasePixels(found: Entry[], offsetTag: number, lengthTag: number): void {
    const offset = found.find(({ tag }) => tag === offsetTag);
    const length = found.find(({ tag }) => tag === lengthTag);
    if (!offset || !length) return;
    // Scanners write thumbnails of several strips, whose places this does not read.
    if (this.u32(offset.at + 4) !== 1 || this.u32(length.at + 4) !== 1) throw new Broken();
    const from = this.number(offset.at);
    this.erased.push(this.range(from, this.number(length.at)));
  }

  /** Takes the entry out; those behind it move up, what they point at does not. */
  private erasePlace(main: number, entries: Entry[]): void {
    // From behind: what lies before stays where it was.
    for (const { at, tag } of entries.toReversed()) {
      if (tag !== tags.place) continue;
      const place = this.u32(at + 8);
      this.eraseDirectory(place, this.directory(place));
      const count = this.u16(main);
      const end = main + 2 + count * 12 + 4;
      this.bytes.copyWithin(at, at + 12, end);
      this.bytes.fill(0, end - 12, end);
      this.view.setUint16(main, count - 1, this.little);
    }
  }

  private directory(at: number): Entry[] {
    const count = this.u16(at);
    if (count > maxEntries) throw new Broken();
    this.range(at, 2 + count * 12 + 4);
    return Array.from({ length: count }, (_, i) => this.entry(at + 2 + i * 12));
  }

  private entry(at: number): Entry {
    const size = typeBytes[this.u16(at + 2)];
    if (size === undefined) throw new Broken();
    const bytes = size * this.u32(at + 4);
    const value = bytes <= 4 ? { from: at + 8, to: at + 12 } : this.range(this.u32(at + 8), bytes);
    return { at, tag: this.u16(at), value };
  }

  private keep(at: number, entries: Entry[]): void {
    this.directories.add(at);
    for (const { tag, value } of entries) if (tag === tags.notes) this.notes.add(value.from);
    this.kept.push({ from: at, to: at + 2 + entries.length * 12 + 4 }, ...entries.map(({ value }) => value));
  }

  private eraseDirectory(at: number, entries: Entry[]): void {
    this.erased.push({ from: at, to: at + 2 + entries.length * 12 + 4 }, ...entries.map(({ value }) => value));
  }

  /** @throws Broken where something that is to stay lies under what goes. */
  private erase(): void {
    for (const { from, to } of this.erased) {
      if (this.kept.some((kept) => from < kept.to && kept.from < to)) throw new Broken();
      this.bytes.fill(0, from, to);
    }
  }

  /** Leaves directories and the short values of their entries. */
  private eraseAllBut(main: Entry[], dropPlace: boolean): void {
    const place = dropPlace ? undefined : main.find(({ tag }) => tag === tags.place);
    if (place) {
      const at = this.u32(place.at + 8);
      this.keep(at, this.directory(at));
    }
    const before = this.bytes.slice();
    this.bytes.fill(0);
    for (const { from, to } of this.kept) {
      if (to - from > maxValueWithoutCopies && !this.directories.has(from)) continue;
      if (this.notes.has(from)) continue;
      this.bytes.set(before.subarray(from, to), from);
    }
  }

  /** A number that was short may be long now: either has room in the entry. */
  private setNumber(at: number, value: number): void {
    if (this.u32(at + 4) !== 1) throw new Broken();
    const type = this.u16(at + 2);
    if (type !== short && type !== long) throw new Broken();
    this.setU32(at + 8, 0);
    if (type === short && value <= 0xffff) {
      this.view.setUint16(at + 8, value, this.little);
    } else {
      this.view.setUint16(at + 2, long, this.little);
      this.setU32(at + 8, value);
    }
  }

  private setU32(at: number, value: number): void {
    this.range(at, 4);
    this.view.setUint32(at, value, this.little);
  }
}
