/** Alpha as large as the picture that it belongs to: a tool that looks at the picture reads both alike. */
import type { PictureFacts } from '../../native/pixels';
import { bands } from './bands';
import type { Maps } from './layers';

export interface FullAlpha {
  /** As it was before the picture was enlarged. */
  alpha: PictureFacts;
  /** Of the picture's size. */
  to: PictureFacts;
}

/** @throws NativeError FILE_FULL, FILE_FAILED, BAD_ARGUMENT. */
export async function fullAlpha(maps: Maps, { alpha, to }: FullAlpha): Promise<void> {
  const [from, file] = [maps.read(alpha), maps.write(to)];
  const toY = alpha.height / to.height;
  await bands(to, 1, async (y, rows) => {
    const bytes = new Uint8Array(to.width * rows);
    await from.resample({ x: 0, y: y * toY, width: alpha.width, height: rows * toY }, to.width, rows, bytes);
    await file.write({ x: 0, y, width: to.width, height: rows }, bytes);
  });
}
