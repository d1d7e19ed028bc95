#pragma once
#include <cstddef>
#include <cstdint>

#include "resample.h"

namespace refit {

/**
 * A part of a picture with its alpha, at another size. Colours count by their alpha where both are of one size. Where
 * they are not, the picture is an enlarged one, whose colours `carryColours` has carried under the transparency.
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
 * Takes a part that lies at an angle out of a picture, turned level. `region`, which is around the part, is resampled
 * to columns × rows pixels; each pixel of the grid is interpolated bilinearly from those, colours weighted by alpha.
 * @param out width × height × 4 bytes; all 0 outside of the picture. Else as of `viewRgba`.
 */
void viewTurned(const PictureFile& picture, const PictureFile* alpha, const Region& region, std::size_t columns,
                std::size_t rows, const Grid& grid, std::size_t width, std::size_t height, std::uint8_t* out);

}  // namespace refit
