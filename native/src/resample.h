#pragma once
#include <cstddef>
#include <cstdint>

#include "picture_file.h"

namespace refit {

/** A part of a picture that need not begin or end with a pixel. */
struct Region {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/**
 * A part of a picture at another size, each axis for itself: the mean over the area where it shrinks, bilinear where it
 * grows. Whole ratios of whole regions are summed in whole numbers and rounded to nearest.
 * @param region inside the picture. @param width, height of the result.
 * @param firstRow, rows which rows of the result to make. @param out rows × width × channels bytes.
 * @throws NativeError FILE_FAILED.
 */
void resampleRows(const PictureFile& picture, const Region& region, std::size_t width, std::size_t height,
                  std::size_t firstRow, std::size_t rows, std::uint8_t* out);

/** Makes all rows, on several threads where that is worth it. */
void resample(const PictureFile& picture, const Region& region, std::size_t width, std::size_t height,
              std::uint8_t* out);

/**
 * Resamples a picture with its alpha. Colours count by their alpha, so hidden ones are in no mean.
 * @param picture of 3 channels. @param alpha of one, of the same size. @param out width × height × 4 bytes; black where
 * all is clear.
 */
void resampleSeen(const PictureFile& picture, const PictureFile& alpha, const Region& region, std::size_t width,
                  std::size_t height, std::uint8_t* out);

}  // namespace refit
