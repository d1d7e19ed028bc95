/** Chooses the parts of a picture's metadata that go into a file of another format and size. */
import { cleanExif } from '../../app/exif';
import type { PictureMetadata } from '../../app/metadata';
import { cleanPhotoshop } from '../../app/photoshop';
import type { PictureFormat } from '../../app/pictureLimits';
import { cleanXmp } from '../../app/xmp';

export interface FileMetadata {
  exif?: Uint8Array;
  icc?: Uint8Array;
  xmp?: Uint8Array;
  xmpExtension?: Uint8Array;
  iptc?: Uint8Array;
  density?: NonNullable<PictureMetadata['density']>;
  texts: PictureMetadata['texts'];
}

/** Bytes that a JPEG segment holds after its length. */
const maxSegment = 65_533;

/**
 * Leaves out what the format has no place for, and what cannot be made right for the new picture.
 * @param size the written picture's. @param dropCopies leaves out what may hold another picture of the people in it, or their names.
 */
export function metadataFor(
  format: PictureFormat,
  from: PictureMetadata | null,
  size: { width: number; height: number },
  dropPlace: boolean,
  dropCopies = false,
): FileMetadata {
  const out: FileMetadata = { texts: [] };
  if (!from) return out;
  if (dropCopies) {
    const { xmp: _, xmpExtension: __, iptc: ___, ...rest } = from;
    return metadataFor(format, { ...withoutNotes(rest, size, dropPlace), texts: [] }, size, dropPlace);
  }
  const keep = (name: 'exif' | 'icc' | 'xmp' | 'xmpExtension' | 'iptc', bytes: Uint8Array | null | undefined): void => {
    if (bytes) out[name] = bytes;
  };
  const isJpeg = format === 'jpeg';
  const fits = (bytes: Uint8Array | null | undefined, mark: number) =>
    bytes && (!isJpeg || bytes.length + mark <= maxSegment) ? bytes : null;

  const edit = { orientation: 1, ...size, dropThumbnail: true, dropPlace } as const;
  keep('exif', fits(from.exif && cleanExif(from.exif, edit), 6));
  // The pixels are RGB by now: a profile for inks or grey would turn them into nonsense.
  keep('icc', from.icc && isForRgb(from.icc) ? from.icc : null);
  // Extended XMP is named by its own MD5: it is kept untouched, or not at all.
  const extension = isJpeg && from.xmpExtension ? untouched(from.xmpExtension, size, dropPlace) : null;
  keep('xmpExtension', extension);
  keep('xmp', fits(from.xmp && cleanXmp(from.xmp, { ...size, dropPlace, keepExtension: extension !== null }), 29));
  keep('iptc', isJpeg ? fits(from.iptc && cleanPhotoshop(from.iptc, dropPlace), 14) : null);
  if (from.density) out.density = from.density;
  out.texts = from.texts.filter(({ kind }) => (format === 'webp' ? false : (kind === 'COM') === isJpeg));
  return out;
}

/** The EXIF without anything that may hold a picture; none if that cannot be taken out for certain. */
function withoutNotes(
  { exif, ...rest }: PictureMetadata,
  size: { width: number; height: number },
  dropPlace: boolean,
): PictureMetadata {
  const edit = { orientation: 1, ...size, dropThumbnail: true, dropPlace, dropCopies: true } as const;
  const cleaned = exif && cleanExif(exif, edit);
  return cleaned ? { ...rest, exif: cleaned } : rest;
}

const isForRgb = (icc: Uint8Array): boolean => Buffer.from(icc.subarray(16, 20)).toString('latin1') === 'RGB ';

function untouched(xmp: Uint8Array, size: { width: number; height: number }, dropPlace: boolean): Uint8Array | null {
  const cleaned = cleanXmp(xmp, { ...size, dropPlace, keepExtension: true });
  return cleaned && Buffer.compare(cleaned, xmp) === 0 ? xmp : null;
}
