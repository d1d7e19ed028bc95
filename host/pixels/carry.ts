/** Gives a picture's transparent pixels the colours around them, before a tool looks at it (carryColours in native/pixels.ts). */
import type { PictureFacts } from '../../native/pixels';
import type { Maps } from './layers';
import { withNeededRoom } from './room';

export interface Carried {
  picture: PictureFacts;
  alpha: PictureFacts;
  /** Gets the picture with those colours. */
  to: PictureFacts;
}

/** @throws AppError PICTURE_NEEDS_ROOM if others have taken the room meanwhile; NativeError FILE_FAILED, BAD_ARGUMENT. */
export async function carry(maps: Maps, { picture, alpha, to }: Carried): Promise<void> {
  try {
    await maps.pixels.carryColours(maps.read(picture), maps.read(alpha), maps.write(to));
  } catch (error) {
    throw withNeededRoom(error, to);
  }
}
