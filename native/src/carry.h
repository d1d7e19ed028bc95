#pragma once
#include "picture_file.h"

namespace refit {

/**
 * Carries colours under the transparency: whoever enlarges a picture, or takes means of it, mixes in what lies beside
 * what is seen, and where nothing is seen that is black. Each pixel gets the colour that those around it have, as far
 * as its own colour times its alpha, which a decoder rounds to a byte, leaves open: of alpha 0 all of it, of alpha 128
 * and more nothing. So the picture looks as it did, to half a level. What was hidden counts for nothing.
 *
 * A pyramid (push-pull; Gortler et al., "The Lumigraph", §3.4.2): linear time, on several threads; memory of a 256th of
 * the pixels, and of a tile a thread.
 * @param picture of 3 channels. @param alpha of one, of the same size. @param to of 3 channels and the same size, open
 * to write; another file.
 * @throws NativeError FILE_FULL, FILE_FAILED, BAD_ARGUMENT.
 */
void carryColours(const PictureFile& picture, const PictureFile& alpha, const PictureFile& to);

}  // namespace refit
