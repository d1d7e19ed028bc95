/** Takes a picture's pixels through JavaScript in bands of rows, so that never more than some megabytes of them lie there. */
import type { MappedPicture } from '../../native/pixels';

const bandBytes = 8 << 20;

/** Calls `work` for one band after the other, from the top. @param channels bytes a pixel. */
export async function bands(
  { width, height }: { width: number; height: number },
  channels: number,
  work: (y: number, rows: number) => Promise<void>,
): Promise<void> {
  const most = Math.max(1, Math.floor(bandBytes / (width * channels)));
  for (let y = 0; y < height; y += most) await work(y, Math.min(most, height - y));
}

/** @param to of the same size and as many channels. */
export async function copy(from: MappedPicture, to: MappedPicture): Promise<void> {
  await bands(from, from.channels, async (y, rows) => {
    const region = { x: 0, y, width: from.width, height: rows };
    const bytes = new Uint8Array(from.width * rows * from.channels);
    await from.read(region, bytes);
    await to.write(region, bytes);
  });
}
