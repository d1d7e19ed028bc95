/** What of a picture's own facts is kept, and what a person should know of how it was read. Pure. */
import type { PictureMetadata } from '../../app/metadata';

/** @returns what goes along with the pixels, and a sentence for each thing that does not. */
export function keepable(
  found: PictureMetadata,
  { isEndMissing = false, others = 0 } = {},
): { kept: PictureMetadata; displayP3: boolean; notes: string[] } {
  const { icc, ...rest } = found;
  const notes: string[] = [];
  if (others > 0) notes.push('Refit works on one picture at a time. It opened the first and left the others.');
  if (isEndMissing) notes.push('The end of this file is missing or wrong. All of the picture is there.');
  if (found.frames > 1) notes.push('This is an animation. Its first frame is used.');
  if (found.bitDepth > 8) notes.push(`This picture has ${found.bitDepth} bits a channel. Refit works with 8.`);
  if (found.colour === 'cmyk') notes.push('Its colours were made for printing (CMYK) and were converted to sRGB.');
  if (found.dropped.length > 0) notes.push(`Not kept: ${found.dropped.join('; ')}.`.slice(0, 300));
  // Of grey and of printing colours the pixels were converted, and the profile says nothing of them any more.
  if (!icc || found.colour !== 'rgb') return { kept: rest, displayP3: false, notes };
  if (!found.isSrgb && !found.isDisplayP3)
    notes.push(
      `Its colour profile (${found.profileName ?? 'unnamed'}) is kept in what you save; here it is shown as sRGB.`,
    );
  return { kept: found, displayP3: found.isDisplayP3, notes };
}
