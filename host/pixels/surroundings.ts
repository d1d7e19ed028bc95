/**
 * The colours of a subject and of what stands behind it, around every place of a picture: in a small copy of it, each averaged over
 * its neighbourhood. At a soft edge a pixel is a mixture of both, and cut out as it is it would carry the old background along.
 */
import { fieldReach } from '../../app/cut';
import type { Field, PixelsBinding, SmallCopy } from '../../native/pixels';

/** How often the addon averages over boxes, which comes close to a Gaussian. */
const passes = 3;
/** The boxes' radius, in pixels of the small copy. A mask is uncertain over some pixels of the network's input, which is about as large. */
const radius = { near: 4, blur: 11 };
// What lies between two pixels of the copy takes from both.
for (const [name, reach] of Object.entries(fieldReach))
  if (reach < passes * radius[name as keyof typeof radius] + 2) throw new Error(`Expected a longer reach of ${name}`);

/** @param reach of the colours: near, or out of focus. */
export async function surroundings(
  pixels: PixelsBinding,
  copy: SmallCopy,
  of: 'subject' | 'behind',
  reach: keyof typeof radius,
): Promise<Field> {
  const { width, height } = copy;
  const colours = new Float32Array(width * height * 3);
  await pixels.surroundings(copy, of, radius[reach], colours);
  return { width, height, colours };
}
