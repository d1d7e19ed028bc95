#pragma once
#include "picture_file.h"

namespace refit {

/**
 * Carries colours under the transparency (alpha bleeding). Enlarging a picture, or taking means of it, mixes in pixels
 * beside the visible ones, and where nothing is visible decoders leave black. Each pixel gets the colour of those
 * around it, as far as its own is unknown: a decoder rounds colour times alpha to a byte, so alpha 0 leaves all of the
 * colour open, and alpha 128 and more leave none of it open. The picture looks as it did, to half a level. Hidden
 * colours count for nothing.
 *
 * A pyramid (push-pull; Gortler et al., "The Lumigraph", §3.4.2): linear time, on several threads; memory for a 256th
 * of the pixels, and for a tile on each thread.
 * @param picture of 3 channels. @param alpha of one, of the same size. @param to of 3 channels and the same size, open
 * to write; another file.
 * @throws NativeError FILE_FULL, FILE_FAILED, BAD_ARGUMENT.
 */
void carryColours(const PictureFile& picture, const PictureFile& alpha, const PictureFile& to);

}  // namespace refit
