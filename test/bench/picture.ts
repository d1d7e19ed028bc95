/** Makes photographs of any size as JPEG: quick to open, and no two places are alike. */
import path from 'node:path';
import sharp, { type OverlayOptions } from 'sharp';

const photo = path.resolve(import.meta.dirname, '..', '..', 'models', 'blur-faces', 'prepared', 'astronaut.png');

/** Copies of a photograph side by side, each of its own size, mirrored and toned. @param file gets it. */
export async function writePhoto(file: string, width: number, height: number): Promise<void> {
  const side = 900;
  const copies: OverlayOptions[] = [];
  for (let y = 0, row = 0; y < height; y += side, row++)
    for (let x = 0, column = 0; x < width; x += side, column++) {
      const [wide, high] = [Math.min(side, width - x), Math.min(side, height - y)];
      const i = row * 7 + column;
      let copy = sharp(photo).resize(side + i * 3, side + i * 3);
      if (i % 2 === 1) copy = copy.flop();
      if (i % 3 === 1) copy = copy.flip();
      const input = await copy
        .extract({ left: 0, top: 0, width: wide, height: high })
        .modulate({ brightness: 0.8 + ((i * 5) % 9) / 20, hue: (i * 47) % 360 })
        .raw()
        .toBuffer({ resolveWithObject: true });
      const { info } = input;
      copies.push({
        input: input.data,
        raw: { width: info.width, height: info.height, channels: info.channels },
        left: x,
        top: y,
      });
    }
  await sharp({ create: { width, height, channels: 3, background: 'black' }, limitInputPixels: false })
    .composite(copies)
    .jpeg({ quality: 92 })
    .toFile(file);
}
