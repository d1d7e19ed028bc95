/** Makes thumbnails of files. */

import { readHeader } from '../../app/pictureHeader';
import { refusal, thumbnailSide } from '../../app/pictureLimits';

export interface ThumbnailAsked {
  id: number;
  url: string;
}

/** `bytes`: WebP, at most `thumbnailSide` pixels wide and high; null where the file is no picture that a tool takes. */
export interface ThumbnailMade {
  id: number;
  bytes: Uint8Array | null;
}

addEventListener('message', ({ data: { id, url } }: MessageEvent<ThumbnailAsked>) => {
  thumbnailOf(url)
    .catch(() => null)
    .then((bytes) => postMessage({ id, bytes } satisfies ThumbnailMade));
});

async function thumbnailOf(url: string): Promise<Uint8Array | null> {
  const file = await (await fetch(url)).blob();
  const header = readHeader(new Uint8Array(await file.arrayBuffer()));
  if (!header || refusal(header)) return null;
  const whole = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const share = Math.min(1, thumbnailSide / Math.max(whole.width, whole.height));
  const [width = 1, height = 1] = [whole.width, whole.height].map((side) => Math.max(1, Math.round(side * share)));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('Expected a canvas but received none');
  context.imageSmoothingQuality = 'high';
  context.drawImage(whole, 0, 0, width, height);
  whole.close();
  const small = await canvas.convertToBlob({ type: 'image/webp', quality: 0.8 });
  return new Uint8Array(await small.arrayBuffer());
}
