#pragma once
#include <cstddef>
#include <cstdint>

#include "picture_file.h"

namespace refit {

/** Colours around every place of a picture, at a smaller size: RGB, 0 to 255, rows tight. */
struct Field {
  const float* colours = nullptr;
  std::size_t width = 0;
  std::size_t height = 0;
};

/** A small mask, laid over a whole picture. */
struct Mask {
  const std::uint8_t* bytes = nullptr;
  std::size_t width = 0;
  std::size_t height = 0;
  /** The picture's size. */
  std::size_t pictureWidth = 0;
  std::size_t pictureHeight = 0;
};

/**
 * A part of a mask, bilinear. On several threads where that is worth it.
 * @param region in the picture's pixels. @param width, height of the result. @param out width × height bytes.
 */
void layMask(const Mask& mask, const PixelRect& region, std::size_t width, std::size_t height, std::uint8_t* out);

/** A small copy of a picture, and how much of each of its pixels is subject. */
struct SmallCopy {
  /** Not premultiplied; alpha says how much a pixel counts. */
  const std::uint8_t* rgba = nullptr;
  const std::uint8_t* matte = nullptr;
  std::size_t width = 0;
  std::size_t height = 0;
};

/** Whose colours `surroundings` averages. */
enum class Of { Subject, Behind };

/**
 * The colours of a subject, or of what stands behind it, averaged over the neighbourhood of each pixel: three box blurs
 * in a row, which come close to a Gaussian one. A pixel counts by the sixth power of its share, so one that is half
 * subject counts a 64th of one that is all subject.
 * @param radius of the boxes, in pixels. @param colours gets a field of the copy's size; black where nothing of it is
 * near.
 */
void surroundings(const SmallCopy& copy, Of of, std::size_t radius, float* colours);

/** Rows of a picture that is cut out; the memory stays its owner's. */
struct CutRows {
  /** Where in the picture they lie. */
  PixelRect region;
  std::size_t pictureWidth = 0;
  std::size_t pictureHeight = 0;
  /** RGB; gets the colours that are left. */
  std::uint8_t* rgb = nullptr;
  /** How much of each pixel is subject; gets the alpha that is left. */
  std::uint8_t* alpha = nullptr;
  /** The picture's own alpha; null where it is opaque. */
  const std::uint8_t* own = nullptr;
  Field subject;
  Field behind;
  /** What is laid behind; no colours where it stays transparent. */
  Field ground;
};

/**
 * Takes the background's colours out of mixed pixels, in place (Forte, "Approximate Fast Foreground Colour Estimation",
 * 2021). Pixels that are all subject stay as they are to the bit; those that are none of it get the subject's colour
 * around them. Then lays them on the ground. On several threads where that is worth it.
 */
void cutOut(const CutRows& rows);

}  // namespace refit
