/**
 * Makes a PNG on all cores. It cuts the picture into strips of whole rows and deflates each alone, where matches are worth their time
 * with the 32 KB before it as the dictionary. Each strip ends on a byte, so that joined they are one stream (as in pigz). A strip can begin before the rows below exist.
 */
import { type FileHandle, open, unlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { constants, deflateRaw, deflateSync } from 'node:zlib';
import type { MappedPicture, PixelsBinding } from '../../native/pixels';
import { leftoverName } from '../../storage/leftovers';
import { crc32, joinAdler32 } from './checksum';
import type { FileMetadata } from './metadata';

/** Filtered bytes of a strip: enough that joints cost nothing, few enough that memory holds many strips. */
const stripBytes = 2 << 20;
/** Disk space for strips that wait until a person saves. */
const maxSpoolBytes = 1 << 30;
/** How far deflate looks back. */
const windowBytes = 32 << 10;
/**
 * How zlib looks for what came before. `runs`: for repetitions of the last byte alone. What filters leave of a photograph, or of what a
 * network drew, has few others: there it takes a third to a half of the time of `matches`, and a tenth less space (docs/measurements.md).
 * `matches`: for the text and the flat colours of a page, half as large again by runs alone. Level 1 makes them larger, level 6 takes
 * three times as long.
 */
const searches = {
  runs: { level: 3, strategy: constants.Z_RLE },
  matches: { level: 3, strategy: constants.Z_DEFAULT_STRATEGY },
} as const;
type Search = keyof typeof searches;
/** Filtered bytes of a strip that are packed both ways: what matches find lies within two windows. */
const sampleBytes = 2 * windowBytes;
/** Runs are taken where they make no more than this of what matches make: a person waits for each save, and half as long. */
const mostOfMatches = 1.05;

interface Strip {
  adler: number;
  /** Before packing. */
  bytes: number;
  /** Null if the spool had no room: the strip is made again. */
  packed: Uint8Array | { at: number; length: number } | null;
}

export interface PngOptions {
  /**
   * The folder of an unnamed file that holds packed strips until the picture is saved. Without it strips wait in memory, and only as
   * many begin as can be written soon.
   */
  spool?: string;
  /** With so many bytes in the spool no more strips begin before `write`. 1 GiB if omitted. */
  maxSpoolBytes?: number;
  /** Strips at work at once; the number of cores if omitted. */
  parallel?: number;
}

/**
 * A PNG in the making.
 *
 * While its rows still come: `rowsReady(rows)` as they do, from the top; `write()` once, when all are there. `close()` at the end
 * whatever happened.
 */
export class PngStrips {
  private readonly rowsPerStrip: number;
  private readonly count: number;
  private readonly rowBytes: number;
  private readonly strips: Promise<Strip>[] = [];
  private readonly settled = new Set<number>();
  private ready = 0;
  private written = 0;
  private parallel: number;
  private spool: Promise<FileHandle> | undefined;
  private spooled = 0;
  private isFull = false;
  /** How many strips began before `write`; undefined until `write`. */
  private early: number | undefined;
  private closed = false;
  private pending: { begin: () => void }[] = [];

  constructor(
    private readonly picture: MappedPicture,
    private readonly alpha: MappedPicture | null,
    private readonly pixels: Pick<PixelsBinding, 'pngRows' | 'adler32'>,
    private readonly options: PngOptions = {},
  ) {
    this.rowBytes = 1 + picture.width * (alpha ? 4 : 3);
    this.rowsPerStrip = Math.max(1, Math.floor(stripBytes / this.rowBytes));
    this.count = Math.ceil(picture.height / this.rowsPerStrip);
    this.parallel = options.parallel ?? os.availableParallelism();
  }

  /** @param upTo the number of final rows, from the top. */
  rowsReady(upTo: number): void {
    this.ready = Math.max(this.ready, Math.min(upTo, this.picture.height));
    this.begin();
  }

  /**
   * Writes the whole file, whose rows must all be there.
   * @param onProgress gets the share of strips written. @throws Error of the file system; `signal`'s reason.
   * @returns the file's size in bytes.
   */
  async write(
    file: FileHandle,
    metadata: FileMetadata,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<number> {
    this.parallel = os.availableParallelism();
    this.early = this.strips.length;
    this.ready = this.picture.height;
    this.begin();
    let bytes = await writeAll(file, headOf(this.picture, this.alpha !== null, metadata));
    let adler = 1;
    for (let i = 0; i < this.count; i++) {
      const strip = await this.strip(i, signal);
      adler = joinAdler32(adler, strip.adler, strip.bytes);
      const packed = (await this.unspooled(strip.packed).catch(() => null)) ?? (await this.deflated(i)).packed;
      // zlib's two bytes come before the stream, its checksum after it.
      const pieces = [...(i === 0 ? [zlibHead] : []), packed, ...(i === this.count - 1 ? [uint32(adler)] : [])];
      bytes += await writeAll(file, chunk('IDAT', pieces));
      this.written = i + 1;
      this.strips[i] = Promise.reject(new Error('written'));
      this.strips[i]?.catch(() => undefined);
      this.begin();
      onProgress((i + 1) / this.count);
    }
    return bytes + (await writeAll(file, chunk('IEND', [])));
  }

  /** Begins no more strips and drops those at work. Resolves when none reads the picture any more. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { begin } of this.pending.splice(0)) begin();
    await Promise.allSettled(this.strips);
    await (await this.spool?.catch(() => undefined))?.close();
  }

  /** Begins as many strips as may be. */
  private begin(): void {
    for (;;) {
      const i = this.strips.length;
      const last = Math.min((i + 1) * this.rowsPerStrip, this.picture.height);
      const waiting = this.spools
        ? i - this.settled.size
        : Math.max(i - this.settled.size, i - Math.max(this.written, this.early ?? 0) - this.parallel);
      if (this.spools && this.isFull) return;
      if (this.closed || i >= this.count || last > this.ready || waiting >= this.parallel) return;
      const strip = this.make(i);
      this.strips.push(strip);
      const done = () => {
        this.settled.add(i);
        this.begin();
        for (const { begin } of this.pending.splice(0)) begin();
      };
      strip.then(done, done);
    }
  }

  /** Waits for a strip that may not have been begun yet. */
  private async strip(i: number, signal: AbortSignal): Promise<Strip> {
    for (;;) {
      signal.throwIfAborted();
      const strip = this.strips[i];
      if (strip) return strip;
      if (this.closed) throw new Error('closed');
      await new Promise<void>((begin) => this.pending.push({ begin }));
    }
  }

  /** Whether strips that are made now go into the spool. */
  private get spools(): boolean {
    return this.options.spool !== undefined && this.early === undefined;
  }

  private async make(i: number): Promise<Strip> {
    const spools = this.spools;
    const strip = await this.deflated(i);
    return spools ? { ...strip, packed: await this.put(strip.packed) } : strip;
  }

  private async deflated(i: number): Promise<Strip & { packed: Uint8Array }> {
    const from = i * this.rowsPerStrip;
    const to = Math.min(from + this.rowsPerStrip, this.picture.height);
    // Includes the rows above, for the dictionary.
    const above = Math.min(from, Math.ceil(windowBytes / this.rowBytes));
    const rows = await this.pixels.pngRows(this.picture, this.alpha, from - above, to - from + above);
    const start = above * this.rowBytes;
    const own = rows.subarray(start);
    const before = rows.subarray(Math.max(0, start - windowBytes), start);
    const [adler, packed] = await Promise.all([
      this.pixels.adler32(own),
      searchFor(own).then((search) => pack(own, search, before, i === this.count - 1)),
    ]);
    return { adler, bytes: own.length, packed };
  }

  /** On a full disk the strip is made again at the save, which costs only time. */
  private async put(packed: Uint8Array): Promise<{ at: number; length: number } | null> {
    const at = this.spooled;
    this.spooled += packed.length;
    if (this.spooled > (this.options.maxSpoolBytes ?? maxSpoolBytes)) this.isFull = true;
    if (this.isFull) return null;
    try {
      this.spool ??= nameless(this.options.spool ?? os.tmpdir());
      await writeAll(await this.spool, [packed], at);
      return { at, length: packed.length };
    } catch {
      this.isFull = true;
      return null;
    }
  }

  private async unspooled(packed: Strip['packed']): Promise<Uint8Array | null> {
    if (packed === null || packed instanceof Uint8Array) return packed;
    const bytes = new Uint8Array(packed.length);
    const spool = await this.spool;
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead = 0 } = (await spool?.read(bytes, at, bytes.length - at, packed.at + at)) ?? {};
      if (bytesRead === 0) throw new Error('The spooled strips are gone.');
      at += bytesRead;
    }
    return bytes;
  }
}

/** zlib's first bytes: deflate, a window of 32 KB. */
const zlibHead = Uint8Array.of(0x78, 0x5e);

/** The search for a strip, by what its middle becomes. */
async function searchFor(strip: Uint8Array): Promise<Search> {
  const from = Math.max(0, (strip.length - sampleBytes) >> 1);
  const sample = strip.subarray(from, from + sampleBytes);
  const [runs, matches] = await Promise.all([pack(sample, 'runs'), pack(sample, 'matches')]);
  return runs.length <= matches.length * mostOfMatches ? 'runs' : 'matches';
}

/** @param before what the joined stream has before these bytes: matches may begin there. */
function pack(bytes: Uint8Array, search: Search, before?: Uint8Array, isLast = true): Promise<Uint8Array> {
  const dictionary = search === 'matches' && before && before.length > 0 ? before : undefined;
  return new Promise((resolve, reject) =>
    deflateRaw(
      bytes,
      {
        ...searches[search],
        memLevel: 9,
        // One output buffer for the whole strip: one call of zlib instead of one every 16 KB.
        chunkSize: Math.max(1024, bytes.length >> 1),
        finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
        ...(dictionary && { dictionary }),
      },
      (error, packed) => (error ? reject(error) : resolve(packed)),
    ),
  );
}

/** A file that nobody else can open and that vanishes with the process. */
async function nameless(folder: string): Promise<FileHandle> {
  const file = path.join(folder, leftoverName('strips') + Math.random().toString(36).slice(2));
  const handle = await open(file, 'wx+', 0o600);
  // Windows keeps the name; the next start removes the file.
  await unlink(file).catch(() => undefined);
  return handle;
}

/** @param at where, or behind what was written last. @returns how many bytes. */
export async function writeAll(file: FileHandle, pieces: Uint8Array[], at?: number): Promise<number> {
  let total = 0;
  for (const piece of pieces)
    for (let done = 0; done < piece.length; ) {
      const place = at === undefined ? null : at + total;
      const { bytesWritten } = await file.write(piece, done, piece.length - done, place);
      done += bytesWritten;
      total += bytesWritten;
    }
  return total;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function headOf(picture: MappedPicture, hasAlpha: boolean, metadata: FileMetadata): Uint8Array[] {
  const header = Buffer.concat([
    uint32(picture.width),
    uint32(picture.height),
    Uint8Array.of(8, hasAlpha ? 6 : 2, 0, 0, 0),
  ]);
  const out = [signature, ...chunk('IHDR', [header])];
  const { exif, icc, xmp, density, texts } = metadata;
  if (icc) out.push(...chunk('iCCP', [Buffer.from('ICC profile\0\0', 'latin1'), deflateSync(icc)]));
  if (density) {
    const perMetre = density.unit === 'cm' ? 100 : 100 / 2.54;
    const [x, y] = [density.x, density.y].map((value) => uint32(Math.round(value * perMetre)));
    out.push(...chunk('pHYs', [...(x && y ? [x, y] : []), Uint8Array.of(1)]));
  }
  if (exif) out.push(...chunk('eXIf', [exif]));
  if (xmp) out.push(...chunk('iTXt', [Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1'), xmp]));
  for (const { kind, bytes } of texts) out.push(...chunk(kind, [bytes]));
  return out;
}

function chunk(type: string, pieces: Uint8Array[]): Uint8Array[] {
  const name = Buffer.from(type, 'latin1');
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const crc = [name, ...pieces].reduce((sum, piece) => crc32(piece, sum), 0);
  return [Buffer.concat([uint32(length), name]), ...pieces, uint32(crc)];
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
