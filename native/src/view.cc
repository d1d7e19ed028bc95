#include "view.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.h"

namespace refit {
namespace {

constexpr std::size_t kChannels = 4;
constexpr std::uint8_t kOpaque = 255;

/** A picture's region in its alpha, which may be of another size. */
Region inAlpha(const Region& region, const PictureFacts& picture, const PictureFacts& alpha) {
  const auto width = static_cast<double>(alpha.width);
  const auto height = static_cast<double>(alpha.height);
  const double toX = width / static_cast<double>(picture.width);
  const double toY = height / static_cast<double>(picture.height);
  Region inside{region.x * toX, region.y * toY, region.width * toX, region.height * toY};
  // Rounding may put its end beyond the alpha's.
  inside.width = std::min(inside.width, width - inside.x);
  inside.height = std::min(inside.height, height - inside.y);
  return inside;
}

/** A part of a picture as `viewRgba` makes it. */
struct Seen {
  std::vector<std::uint8_t> rgba;
  std::size_t width;
  std::size_t height;

  const std::uint8_t* pixel(std::ptrdiff_t x, std::ptrdiff_t y) const {
    const auto column =
        static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(x, 0, static_cast<std::ptrdiff_t>(width) - 1));
    const auto row =
        static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(y, 0, static_cast<std::ptrdiff_t>(height) - 1));
    return rgba.data() + (row * width + column) * kChannels;
  }
};

/** Interpolates bilinearly, colours weighted by alpha; beyond the edge its pixels go on. @param out all 0, and left so
 * where all is clear. */
void sample(const Seen& seen, double x, double y, std::uint8_t* out) {
  const double left = std::floor(x);
  const double top = std::floor(y);
  const auto column = static_cast<std::ptrdiff_t>(left);
  const auto row = static_cast<std::ptrdiff_t>(top);
  const double alongX = x - left;
  const double alongY = y - top;
  const std::uint8_t* const corners[] = {seen.pixel(column, row), seen.pixel(column + 1, row),
                                         seen.pixel(column, row + 1), seen.pixel(column + 1, row + 1)};
  const double shares[] = {(1 - alongX) * (1 - alongY), alongX * (1 - alongY), (1 - alongX) * alongY, alongX * alongY};
  double alpha = 0;
  double sums[3] = {};
  for (std::size_t i = 0; i < 4; i++) {
    const double counts = shares[i] * corners[i][3];
    alpha += counts;
    for (std::size_t c = 0; c < 3; c++) sums[c] += counts * corners[i][c];
  }
  if (alpha == 0) return;
  for (std::size_t c = 0; c < 3; c++) out[c] = static_cast<std::uint8_t>(std::lround(sums[c] / alpha));
  out[3] = static_cast<std::uint8_t>(std::lround(alpha));
}

}  // namespace

void viewRgba(const PictureFile& picture, const PictureFile* alpha, const Region& region, std::size_t width,
              std::size_t height, std::uint8_t* out) {
  const PictureFacts& facts = picture.facts();
  const bool isScaled = region.width != static_cast<double>(width) || region.height != static_cast<double>(height);
  if (alpha != nullptr && isScaled && alpha->facts().width == facts.width && alpha->facts().height == facts.height)
    return resampleSeen(picture, *alpha, region, width, height, out);
  const auto read = static_cast<std::size_t>(region.width * region.height) * kChannels;
  inParallel(height, worthThreads(read + width * height * kChannels), [&](std::size_t begin, std::size_t end) {
    const std::size_t pixels = width * (end - begin);
    std::vector<std::uint8_t> colours(pixels * 3);
    resampleRows(picture, region, width, height, begin, end - begin, colours.data());
    std::vector<std::uint8_t> opacity(pixels, kOpaque);
    if (alpha != nullptr)
      resampleRows(*alpha, inAlpha(region, facts, alpha->facts()), width, height, begin, end - begin, opacity.data());
    std::uint8_t* to = out + begin * width * kChannels;
    for (std::size_t i = 0; i < pixels; i++, to += kChannels) {
      std::copy_n(colours.data() + i * 3, 3, to);
      to[3] = opacity[i];
    }
  });
}

void viewTurned(const PictureFile& picture, const PictureFile* alpha, const Region& region, std::size_t columns,
                std::size_t rows, const Grid& grid, std::size_t width, std::size_t height, std::uint8_t* out) {
  Seen seen{std::vector<std::uint8_t>(columns * rows * kChannels), columns, rows};
  viewRgba(picture, alpha, region, columns, rows, seen.rgba.data());
  const auto right = static_cast<double>(picture.facts().width);
  const auto bottom = static_cast<double>(picture.facts().height);
  const double toX = static_cast<double>(columns) / region.width;
  const double toY = static_cast<double>(rows) / region.height;
  inParallel(height, worthThreads(width * height * kChannels), [&](std::size_t begin, std::size_t end) {
    std::uint8_t* to = out + begin * width * kChannels;
    std::fill(to, out + end * width * kChannels, std::uint8_t{0});
    for (std::size_t row = begin; row < end; row++)
      for (std::size_t column = 0; column < width; column++, to += kChannels) {
        const auto c = static_cast<double>(column);
        const auto r = static_cast<double>(row);
        const double x = grid.start.x + c * grid.step.x + r * grid.down.x;
        const double y = grid.start.y + c * grid.step.y + r * grid.down.y;
        if (x >= 0 && y >= 0 && x < right && y < bottom)
          sample(seen, (x - region.x) * toX - 0.5, (y - region.y) * toY - 0.5, to);
      }
  });
}

}  // namespace refit
