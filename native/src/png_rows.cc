#include "png_rows.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "parallel.h"
#include "resample.h"

namespace refit {
namespace {

/** Filter types of the PNG specification, §9.2, in its order. */
enum Filter : std::uint8_t { None, Sub, Up, Average, Paeth, kFilters };

/** Pixels of a strip's rows, the one above it first. Before each row lie the zeros that PNG takes for the pixel left of
 * it. */
class RawRows {
 public:
  static constexpr std::size_t kLeft = 4;

  RawRows(const PictureFile& picture, const PictureFile* alpha, std::size_t y, std::size_t rows)
      : stride_(kLeft + pngRowBytes(picture.facts(), alpha != nullptr) - 1), bytes_(stride_ * (rows + 1)) {
    const std::size_t width = picture.facts().width;
    const std::size_t height = picture.facts().height;
    const std::size_t first = y == 0 ? 1 : 0;
    const std::size_t from = y + first - 1;
    const std::size_t count = rows + 1 - first;
    std::vector<std::uint8_t> rgb(width * 3 * count);
    picture.read({0, from, width, count}, rgb.data());
    if (alpha == nullptr) {
      for (std::size_t row = 0; row < count; row++)
        std::memcpy(bytes_.data() + (row + first) * stride_ + kLeft, rgb.data() + row * width * 3, width * 3);
      return;
    }
    std::vector<std::uint8_t> opacity(width * count);
    const Region all{0, 0, static_cast<double>(alpha->facts().width), static_cast<double>(alpha->facts().height)};
    resampleRows(*alpha, all, width, height, from, count, opacity.data());
    for (std::size_t row = 0; row < count; row++) {
      const std::uint8_t* colour = rgb.data() + row * width * 3;
      const std::uint8_t* const opaque = opacity.data() + row * width;
      std::uint8_t* to = bytes_.data() + (row + first) * stride_ + kLeft;
      for (std::size_t x = 0; x < width; x++, to += 4, colour += 3) {
        to[0] = colour[0];
        to[1] = colour[1];
        to[2] = colour[2];
        to[3] = opaque[x];
      }
    }
  }

  /** @param index 0 is the row above the strip: zeros above a picture. */
  const std::uint8_t* row(std::size_t index) const { return bytes_.data() + index * stride_ + kLeft; }

 private:
  std::size_t stride_;
  std::vector<std::uint8_t> bytes_;
};

/** PNG's Paeth predictor: the nearest of the three to left + up - corner. Written so that compilers vectorize it. */
inline std::uint8_t paeth(std::uint8_t left, std::uint8_t up, std::uint8_t corner) {
  const auto a = static_cast<std::int16_t>(up - corner);
  const auto b = static_cast<std::int16_t>(left - corner);
  const auto c = static_cast<std::int16_t>(a + b);
  const auto pa = static_cast<std::int16_t>(a < 0 ? -a : a);
  const auto pb = static_cast<std::int16_t>(b < 0 ? -b : b);
  const auto pc = static_cast<std::int16_t>(c < 0 ? -c : c);
  const std::uint8_t second = pb <= pc ? up : corner;
  return pa <= pb && pa <= pc ? left : second;
}

/** Sum of the absolute values of bytes, each taken as -128 … 127. */
std::uint64_t cost(const std::uint8_t* bytes, std::size_t count) {
  // 16 bits hold the sum of so many, and compilers vectorize a loop in 16 bits.
  constexpr std::size_t kPiece = 256;
  std::uint64_t sum = 0;
  for (std::size_t begin = 0; begin < count; begin += kPiece) {
    const std::size_t end = std::min(begin + kPiece, count);
    std::uint16_t part = 0;
    for (std::size_t i = begin; i < end; i++) {
      const std::uint8_t negative = static_cast<std::uint8_t>(-bytes[i]);
      part = static_cast<std::uint16_t>(part + std::min(bytes[i], negative));
    }
    sum += part;
  }
  return sum;
}

template <std::size_t Pixel>
void filterRow(const std::uint8_t* row, const std::uint8_t* above, std::size_t count,
               std::array<std::vector<std::uint8_t>, kFilters>& tried, std::uint8_t* out) {
  const std::uint8_t* const left = row - Pixel;
  const std::uint8_t* const corner = above - Pixel;
  std::uint8_t* const sub = tried[Sub].data();
  std::uint8_t* const up = tried[Up].data();
  std::uint8_t* const average = tried[Average].data();
  std::uint8_t* const nearest = tried[Paeth].data();
  for (std::size_t i = 0; i < count; i++) sub[i] = static_cast<std::uint8_t>(row[i] - left[i]);
  for (std::size_t i = 0; i < count; i++) up[i] = static_cast<std::uint8_t>(row[i] - above[i]);
  for (std::size_t i = 0; i < count; i++) average[i] = static_cast<std::uint8_t>(row[i] - ((left[i] + above[i]) >> 1));
  for (std::size_t i = 0; i < count; i++)
    nearest[i] = static_cast<std::uint8_t>(row[i] - paeth(left[i], above[i], corner[i]));
  std::uint8_t best = None;
  std::uint64_t least = cost(row, count);
  for (std::uint8_t filter = Sub; filter < kFilters; filter++) {
    const std::uint64_t sum = cost(tried[filter].data(), count);
    if (sum >= least) continue;
    least = sum;
    best = filter;
  }
  *out = best;
  std::memcpy(out + 1, best == None ? row : tried[best].data(), count);
}

}  // namespace

void pngRows(const PictureFile& picture, const PictureFile* alpha, std::size_t y, std::size_t rows, std::uint8_t* out) {
  const std::size_t rowBytes = pngRowBytes(picture.facts(), alpha != nullptr);
  const std::size_t count = rowBytes - 1;
  // Bytes at a time: few enough to stay in the processor's cache.
  constexpr std::size_t kPiece = std::size_t{1} << 18;
  const std::size_t pieceRows = std::max<std::size_t>(1, kPiece / rowBytes);
  inParallel(rows, worthThreads(rows * rowBytes), [&](std::size_t begin, std::size_t end) {
    std::array<std::vector<std::uint8_t>, kFilters> tried;
    for (std::uint8_t filter = Sub; filter < kFilters; filter++) tried[filter].resize(count);
    for (std::size_t first = begin; first < end; first += pieceRows) {
      const std::size_t few = std::min(pieceRows, end - first);
      const RawRows raw(picture, alpha, y + first, few);
      for (std::size_t i = 0; i < few; i++) {
        const auto filter = alpha == nullptr ? filterRow<3> : filterRow<4>;
        filter(raw.row(i + 1), raw.row(i), count, tried, out + (first + i) * rowBytes);
      }
    }
  });
}

}  // namespace refit
