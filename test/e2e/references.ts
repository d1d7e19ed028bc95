/**
 * Makes the pictures in references/ that the tests compare with: `npx tsx test/e2e/references.ts`. It goes another way than the app: no
 * tiles, no window, and plain loops where the app masks.
 */
import { crop, type Picture, pictures, portraitArea, referenceFile, writePicture } from './pictures';
import { runUntiled, upscaleUntiled } from './untiled';

for (const model of ['photo-x4', 'fast-x4', 'drawing-x4'] as const)
  await writePicture(referenceFile(model), await upscaleUntiled(model, await pictures[model]()));
const portrait = await upscaleUntiled('photo-x4', await pictures['photo-x4-256']());
await writePicture(referenceFile('photo-x4-256'), crop(portrait, portraitArea));
await writePicture(referenceFile('cut-out'), await cutOut(await pictures['cut-out']()));

/** Black, with the mask as its alpha. */
async function cutOut(picture: Picture): Promise<Picture> {
  const { mask } = await runUntiled('cut-out', picture);
  if (!mask) throw new Error('cut-out gave no output "mask"');
  const data = Buffer.alloc(picture.width * picture.height * 4);
  (mask.data as Uint8Array).forEach((alpha, i) => {
    data[i * 4 + 3] = alpha;
  });
  return { ...picture, data };
}
