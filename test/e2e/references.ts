/**
 * Makes the pictures in references/ that the tests compare with: `npx tsx test/e2e/references.ts`. By another path than the
 * app's: no tiles, no window, and where Chromium blurs or masks in the app, plain loops here.
 */
import { crop, faceArea, type Picture, pictures, portraitArea, referenceFile, writePicture } from './pictures';
import { runUntiled, upscaleUntiled } from './untiled';

for (const model of ['photo-x4', 'fast-x4', 'drawing-x4'] as const)
  await writePicture(referenceFile(model), await upscaleUntiled(model, await pictures[model]()));
const portrait = await upscaleUntiled('photo-x4', await pictures['photo-x4-256']());
await writePicture(referenceFile('photo-x4-256'), crop(portrait, portraitArea));
await writePicture(referenceFile('cut-out'), await cutOut(await pictures['cut-out']()));
await writePicture(referenceFile('blur-faces'), crop(await blurFace(await pictures['blur-faces']()), faceArea));

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

/** The most certain face under an ellipse 1.35 times its box, blurred by a Gaussian of a fifth of that. */
async function blurFace(picture: Picture): Promise<Picture> {
  const { heatmap, scale, offset } = await runUntiled('blur-faces', picture);
  if (!heatmap || !scale || !offset) throw new Error('blur-faces gave no heatmap, scale or offset');
  const [, , rows = 0, columns = 0] = heatmap.dims;
  const scores = heatmap.data as Float32Array;
  const best = scores.reduce((top, score, i) => (score > (scores[top] ?? 0) ? i : top), 0);
  const at = (tensor: typeof scale, channel: number) =>
    (tensor.data as Float32Array)[channel * rows * columns + best] ?? 0;
  const height = Math.exp(at(scale, 0)) * 4 * 1.35;
  const width = Math.exp(at(scale, 1)) * 4 * 1.35;
  const centre = {
    x: ((best % columns) + at(offset, 1) + 0.5) * 4,
    y: (Math.floor(best / columns) + at(offset, 0) + 0.5) * 4,
  };
  const blurred = gaussian(picture, Math.max(width, height) / 5);
  const data = Buffer.from(picture.data);
  for (let y = 0; y < picture.height; y++)
    for (let x = 0; x < picture.width; x++) {
      const inside = ((x + 0.5 - centre.x) / (width / 2)) ** 2 + ((y + 0.5 - centre.y) / (height / 2)) ** 2 <= 1;
      const i = (y * picture.width + x) * 4;
      if (inside) blurred.data.copy(data, i, i, i + 3);
    }
  return { ...picture, data };
}

/** Separable, over rows and then columns; beyond the edge the picture's last pixel goes on. */
function gaussian(picture: Picture, sigma: number): Picture {
  const reach = Math.ceil(3 * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const { width, height } = picture;
  const pass = (from: Float64Array | Buffer, dx: number, dy: number): Float64Array => {
    const to = new Float64Array(from.length);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        weights.forEach((weight, k) => {
          const fromX = Math.min(Math.max(x + (k - reach) * dx, 0), width - 1);
          const fromY = Math.min(Math.max(y + (k - reach) * dy, 0), height - 1);
          for (let c = 0; c < 4; c++) {
            const i = (y * width + x) * 4 + c;
            to[i] = (to[i] ?? 0) + ((from[(fromY * width + fromX) * 4 + c] ?? 0) * weight) / sum;
          }
        });
    return to;
  };
  return { width, height, data: Buffer.from(pass(pass(picture.data, 1, 0), 0, 1).map(Math.round)) };
}
