/** Chooses which metadata are kept, and notes what a person should know of how the picture was read. Pure. */
import type { PictureMetadata } from '../../app/metadata';
import type { PictureNote } from '../../app/notes';

/** @returns the metadata that go along with the pixels, whether these are Display P3, and the notes. */
export function keepable(
  found: PictureMetadata,
  { isEndMissing = false } = {},
): { kept: PictureMetadata; displayP3: boolean; notes: PictureNote[] } {
  const { icc, ...rest } = found;
  const notes: PictureNote[] = [];
  if (isEndMissing) notes.push({ code: 'END_MISSING' });
  if (found.frames > 1) notes.push({ code: 'FIRST_FRAME' });
  if (found.bitDepth > 8) notes.push({ code: 'BIT_DEPTH', bits: found.bitDepth });
  if (found.colour === 'cmyk') notes.push({ code: 'FROM_CMYK' });
  if (found.dropped.length > 0) notes.push({ code: 'NOT_KEPT', dropped: found.dropped });
  // Grey and printing colours were converted to sRGB, so their profile no longer fits the pixels.
  if (!icc || found.colour !== 'rgb') return { kept: rest, displayP3: false, notes };
  if (!found.isSrgb && !found.isDisplayP3)
    notes.push({ code: 'PROFILE_NOT_SHOWN', profile: found.profileName ?? null });
  return { kept: found, displayP3: found.isDisplayP3, notes };
}
