/** Rows of a picture, as a page that decodes it sends them. Pure. */

/** Bytes in one message: enough that messages cost little, few enough that an event loop goes on. */
export const maxRowsBytes = 16 << 20;

export interface PictureRows {
  /** Of the first one, from the picture's top. */
  y: number;
  /** Whole rows, without padding. */
  rgb: Uint8Array;
  /** As many; null where the picture has none. */
  alpha: Uint8Array | null;
}

/** Why they are no rows of a picture of that size; undefined where they are. @param hasAlpha whether the picture has one. */
export function rowsFault(
  { width, height }: { width: number; height: number },
  hasAlpha: boolean,
  { y, rgb, alpha }: PictureRows,
): string | undefined {
  const rows = rgb.byteLength / (width * 3);
  const isWhole = Number.isInteger(rows) && rows > 0 && rgb.byteLength <= Math.max(maxRowsBytes, width * 3);
  const isMatched = hasAlpha ? alpha?.byteLength === rows * width : alpha === null;
  return isWhole && isMatched && y + rows <= height ? undefined : `rows from ${y} of ${height}`;
}
