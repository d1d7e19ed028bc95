#pragma once
#include <cstddef>
#include <cstdint>

#include "resample.h"

namespace refit {

/**
 * A part of a picture with its alpha, at another size. Colours count by their alpha where both are of one size; of an
 * enlarged picture they go on under the transparency.
 * @param picture of 3 channels. @param alpha of one, of any size; null where the picture is opaque.
 * @param region in the picture, inside it. @param out width × height × 4 bytes.
 * @throws NativeError FILE_FAILED.
 */
void viewRgba(const PictureFile& picture, const PictureFile* alpha, const Region& region, std::size_t width,
              std::size_t height, std::uint8_t* out);

struct Point {
  double x = 0;
  double y = 0;
};

/** Where the pixels of a part lie in a picture: that of column c and row r at start + c · step + r · down. */
struct Grid {
  Point start;
  Point step;
  Point down;
};

/**
 * A part of a picture that lies at an angle, turned level: `region`, around the part, is made columns × rows pixels
 * large, and each pixel of the grid taken from between four of those, colours by their alpha.
 * @param out width × height × 4 bytes; all 0 outside of the picture. Else as of `viewRgba`.
 */
void viewTurned(const PictureFile& picture, const PictureFile* alpha, const Region& region, std::size_t columns,
                std::size_t rows, const Grid& grid, std::size_t width, std::size_t height, std::uint8_t* out);

}  // namespace refit
