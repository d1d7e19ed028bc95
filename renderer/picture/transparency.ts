/** Whether something shines through a picture: its pixels tell, so that nobody need say it beside them. */
import { hasTransparency } from './pixels';

/** So much is read at once: a picture can have a gigabyte. */
const bytesAtOnce = 16e6;

export function isTransparent(canvas: HTMLCanvasElement): boolean {
  const { width, height } = canvas;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('Expected the picture to have pixels but received none');
  const rows = Math.max(1, Math.floor(bytesAtOnce / (width * 4)));
  for (let y = 0; y < height; y += rows)
    if (hasTransparency(context.getImageData(0, y, width, Math.min(rows, height - y)).data)) return true;
  return false;
}
