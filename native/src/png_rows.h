#pragma once
#include <cstddef>
#include <cstdint>

#include "picture_file.h"

namespace refit {

/** Bytes of a filtered scanline, with the filter's byte. */
inline std::size_t pngRowBytes(const PictureFacts& picture, bool hasAlpha) {
  return 1 + picture.width * (hasAlpha ? 4 : 3);
}

/**
 * Filtered PNG scanlines, on several threads where that is worth it.
 * @param picture of 3 channels. @param alpha of one, or none; at another size it is resampled to the picture's.
 * @param y, rows inside the picture. @param out rows × pngRowBytes().
 * @throws NativeError FILE_FAILED.
 */
void pngRows(const PictureFile& picture, const PictureFile* alpha, std::size_t y, std::size_t rows, std::uint8_t* out);

}  // namespace refit
