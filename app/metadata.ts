/**
 * Reads what a picture's file says beside its pixels, so that the file made of it says the same. Anybody may have made the PNG, JPEG
 * or WebP, so the window's sandbox reads it: broken parts are left out, parts that are too large are listed in `dropped`, and nothing
 * throws. Pure.
 */
import { isWideP3, nameOfProfile } from './icc';
import { readJpegMetadata } from './metadataJpeg';
import { readPngMetadata } from './metadataPng';
import type { Dropped } from './metadataSchema';
import { readWebpMetadata } from './metadataWebp';

/** A note in the file. */
export interface PictureText {
  /** PNG's three chunks for text, or a JPEG's comment. */
  kind: 'tEXt' | 'zTXt' | 'iTXt' | 'COM';
  /** Empty for a comment. */
  keyword: string;
  /** The chunk's or the segment's content, keyword included, as it lay in the file. */
  bytes: Uint8Array;
}

export interface PictureMetadata {
  /** The TIFF block, from its byte order on. */
  exif?: Uint8Array;
  /** The colour profile, unpacked. */
  icc?: Uint8Array;
  xmp?: Uint8Array;
  /** The joined rest of a JPEG's XMP that had no room in the first segment. `xmp` names it (HasExtendedXMP). */
  xmpExtension?: Uint8Array;
  /** Photoshop's resources, which hold IPTC, from the first "8BIM" on. */
  iptc?: Uint8Array;
  density?: { x: number; y: number; unit: 'inch' | 'cm' };
  texts: PictureText[];
  /** Bits a channel, as stored. */
  bitDepth: number;
  colour: 'rgb' | 'grey' | 'cmyk';
  /** More than 1 for an animation; its first frame is the picture. */
  frames: number;
  profileName?: string;
  isDisplayP3: boolean;
  /** The profile says so, or there is none. */
  isSrgb: boolean;
  /** What was there but is not kept. */
  dropped: Dropped[];
}

/** What a picture without metadata keeps: without the colour profile its pixels would mean other colours. */
export const coloursOf = ({ icc, bitDepth, colour, isDisplayP3, isSrgb }: PictureMetadata): PictureMetadata => ({
  ...(icc && { icc }),
  texts: [],
  dropped: [],
  frames: 1,
  bitDepth,
  colour,
  isDisplayP3,
  isSrgb,
});

/** Bytes of one part. A camera's EXIF has 64 KB, a large profile 600 KB. */
const maxPart = 2 << 20;
/** Bytes of all parts together. */
export const maxMetadataBytes = 4 << 20;
export const maxTexts = 256;
/** Entries of `dropped`: a PNG can hold thousands of copies, each under a keyword of its own. */
export const maxDropped = 100;

/** Collects what the readers of the three formats find, and counts its bytes. */
export class MetadataCollector {
  readonly found: PictureMetadata = {
    texts: [],
    bitDepth: 8,
    colour: 'rgb',
    frames: 1,
    isDisplayP3: false,
    isSrgb: false,
    dropped: [],
  };
  private left = maxMetadataBytes;

  /** Keeps a part, if it is the first of its kind. */
  part(name: 'exif' | 'icc' | 'xmp' | 'xmpExtension' | 'iptc', bytes: Uint8Array): void {
    if (this.found[name] || bytes.length === 0) return;
    if (this.spend(name, bytes.length)) this.found[name] = new Uint8Array(bytes);
  }

  text(kind: PictureText['kind'], keyword: string, bytes: Uint8Array): void {
    if (this.found.texts.length >= maxTexts) this.drop({ part: 'texts', why: 'tooMany' });
    else if (this.spend('text', bytes.length)) this.found.texts.push({ kind, keyword, bytes: new Uint8Array(bytes) });
  }

  drop(dropped: Dropped): void {
    if (this.found.dropped.length === maxDropped) return;
    if (!this.found.dropped.some((each) => JSON.stringify(each) === JSON.stringify(dropped)))
      this.found.dropped.push(dropped);
  }

  /** Keeps a density that says something: some writers leave it 0. */
  density(x: number, y: number, unit: 'inch' | 'cm'): void {
    if (x > 0 && y > 0) this.found.density = { x, y, unit };
  }

  /** Whether something of this part was given up already. */
  hasDropped(part: Dropped['part']): boolean {
    return this.found.dropped.some((each) => each.part === part);
  }

  /** Room for one part that is still to be unpacked or joined. */
  get room(): number {
    return Math.min(maxPart, this.left);
  }

  private spend(part: Exclude<Dropped['part'], 'copy'>, bytes: number): boolean {
    if (bytes > this.room) {
      this.drop({ part, why: 'tooLarge' });
      return false;
    }
    this.left -= bytes;
    return true;
  }
}

/**
 * @param bytes the whole file, or as much of it as there is. @returns a promise, because a PNG's profile is packed.
 */
export async function readMetadata(type: 'png' | 'jpeg' | 'webp', bytes: Uint8Array): Promise<PictureMetadata> {
  const into = new MetadataCollector();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === 'png') await readPngMetadata(bytes, view, into);
  else if (type === 'jpeg') readJpegMetadata(bytes, view, into);
  else readWebpMetadata(bytes, view, into);
  const { found } = into;
  if (!found.icc) return { ...found, isSrgb: !found.isDisplayP3 };
  const profileName = nameOfProfile(found.icc);
  const isDisplayP3 = isWideP3(found.icc);
  return {
    ...found,
    ...(profileName && { profileName }),
    isDisplayP3,
    isSrgb: !isDisplayP3 && /\bsrgb\b/i.test(profileName ?? ''),
  };
}

/** Characters of one byte each, as keywords and marks are. */
export const latin1 = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);

/** Whether `mark`, of one-byte characters, stands at the beginning. */
export function startsWith(bytes: Uint8Array, mark: string): boolean {
  if (bytes.length < mark.length) return false;
  for (let i = 0; i < mark.length; i++) if (bytes[i] !== mark.charCodeAt(i)) return false;
  return true;
}

/** The TIFF block of an EXIF part. Some writers put JPEG's mark before it in other formats too. */
export const withoutMark = (exif: Uint8Array): Uint8Array => (startsWith(exif, 'Exif\0') ? exif.subarray(6) : exif);
