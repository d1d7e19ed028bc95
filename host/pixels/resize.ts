/** Pictures of another size, by libvips, from picture file to picture file. */
import path from 'node:path';
import { loadSharp } from './sharp';

/** A picture file (app/pictureFile.ts). */
export interface Layer {
  file: string;
  width: number;
  height: number;
}

interface Layers {
  picture: Layer;
  alpha?: Layer;
}

const whole = { limitInputPixels: false } as const;

/** One file of colour and alpha, as libvips wants them together. @param folder gets it. @returns its path. */
export async function rgba({ picture, alpha }: Required<Layers>, folder: string): Promise<string> {
  const sharp = loadSharp();
  const { width, height } = picture;
  let fitting = alpha.file;
  if (alpha.width !== width || alpha.height !== height) {
    fitting = path.join(folder, 'alpha.v');
    const enlarged = sharp(alpha.file, whole).resize(width, height, { fit: 'fill', kernel: 'linear' });
    await enlarged.toColourspace('b-w').toFile(fitting);
  }
  const file = path.join(folder, 'rgba.v');
  await sharp(picture.file, whole).joinChannel(fitting, whole).toFile(file);
  return file;
}

/** Lanczos in linear light, colour weighted by alpha. @param folder gets the files. */
export async function resize(layers: Layers, size: { width: number; height: number }, folder: string): Promise<Layers> {
  const sharp = loadSharp();
  const { picture, alpha } = layers;
  const source = alpha ? await rgba({ picture, alpha }, folder) : picture.file;
  const to = (name: string): Layer => ({ file: path.join(folder, name), ...size });
  const resized = to('resized.v');
  await sharp(source, whole)
    .pipelineColourspace('scrgb')
    .resize(size.width, size.height, { fit: 'fill', kernel: 'lanczos3' })

    .toFile(resized.file);
  if (!alpha) return { picture: resized };
  const [colour, opacity] = [to('colour.v'), to('opacity.v')];
  await sharp(resized.file, whole).removeAlpha().toFile(colour.file);
  await sharp(resized.file, whole).extractChannel(3).toColourspace('b-w').toFile(opacity.file);
  return { picture: colour, alpha: opacity };
}
