#include "resample.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.h"

namespace refit {
namespace {

/** Rows of a picture between two columns, read ahead in pieces that the processor's cache holds. */
class SourceRows {
 public:
  SourceRows(const PictureFile& picture, std::size_t x, std::size_t width, std::size_t endRow)
      : picture_(picture), x_(x), width_(width), endRow_(endRow) {
    const PictureFacts& facts = picture.facts();
    // Whole rows are read by one call, parts of them by one call each: from half a row on, whole rows are faster.
    if (width * 2 >= facts.width) {
      x_ = 0;
      width_ = facts.width;
    }
    skip_ = (x - x_) * facts.channels;
    rowBytes_ = width_ * facts.channels;
    constexpr std::size_t kPiece = std::size_t{1} << 17;
    rows_ = std::clamp<std::size_t>(kPiece / rowBytes_, 2, std::max<std::size_t>(2, endRow));
    bytes_.resize(rows_ * rowBytes_);
  }

  const std::uint8_t* row(std::size_t y) {
    if (y < first_ || y >= first_ + count_) {
      first_ = y;
      count_ = std::min(rows_, endRow_ - y);
      picture_.read({x_, y, width_, count_}, bytes_.data());
    }
    return bytes_.data() + (y - first_) * rowBytes_ + skip_;
  }

 private:
  const PictureFile& picture_;
  std::size_t x_;
  std::size_t width_;
  std::size_t endRow_;
  std::size_t skip_ = 0;
  std::size_t rowBytes_ = 0;
  std::size_t rows_ = 0;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::vector<std::uint8_t> bytes_;
};

// Whole ratios: sums of whole numbers.

template <class Sum>
void addRow(Sum* sums, const std::uint8_t* row, std::size_t count, bool isFirst) {
  if (isFirst)
    for (std::size_t i = 0; i < count; i++) sums[i] = row[i];
  else
    for (std::size_t i = 0; i < count; i++) sums[i] = static_cast<Sum>(sums[i] + row[i]);
}

/** @param ratio columns of the source for one of the result; a constant for the compiler where `Ratio` is not 0. */
template <std::size_t Channels, std::size_t Ratio, class Sum>
void meanRow(const Sum* sums, std::size_t width, std::size_t ratio, std::uint64_t area, std::uint8_t* out) {
  const std::size_t columns = Ratio == 0 ? ratio : Ratio;
  // The sum of this many pixels fits into 32 bits, where a division takes half as long.
  constexpr std::uint64_t kFew = std::uint64_t{1} << 23;
  if (area <= kFew) {
    const auto divisor = static_cast<std::uint32_t>(area);
    const bool isPower = (divisor & (divisor - 1)) == 0;
    int shift = 0;
    while (isPower && (std::uint32_t{1} << shift) < divisor) shift++;
    for (std::size_t x = 0; x < width; x++, sums += columns * Channels, out += Channels) {
      std::uint32_t sum[Channels] = {};
      for (std::size_t column = 0; column < columns; column++)
        for (std::size_t c = 0; c < Channels; c++) sum[c] += sums[column * Channels + c];
      for (std::size_t c = 0; c < Channels; c++) {
        const std::uint32_t rounded = sum[c] + divisor / 2;
        out[c] = static_cast<std::uint8_t>(isPower ? rounded >> shift : rounded / divisor);
      }
    }
    return;
  }
  for (std::size_t x = 0; x < width; x++, sums += columns * Channels, out += Channels)
    for (std::size_t c = 0; c < Channels; c++) {
      std::uint64_t sum = area / 2;
      for (std::size_t column = 0; column < columns; column++) sum += sums[column * Channels + c];
      out[c] = static_cast<std::uint8_t>(sum / area);
    }
}

template <std::size_t Channels, class Sum>
void meanRowBy(const Sum* sums, std::size_t width, std::size_t ratio, std::uint64_t area, std::uint8_t* out) {
  switch (ratio) {
    case 1: return meanRow<Channels, 1>(sums, width, ratio, area, out);
    case 2: return meanRow<Channels, 2>(sums, width, ratio, area, out);
    case 4: return meanRow<Channels, 4>(sums, width, ratio, area, out);
    case 8: return meanRow<Channels, 8>(sums, width, ratio, area, out);
    default: return meanRow<Channels, 0>(sums, width, ratio, area, out);
  }
}

template <class Sum>
void meanRows(const PictureFile& picture, const PixelRect& region, std::size_t width, std::size_t height,
              std::size_t firstRow, std::size_t rows, std::uint8_t* out) {
  const std::size_t channels = picture.facts().channels;
  const std::size_t xRatio = region.width / width;
  const std::size_t yRatio = region.height / height;
  const std::size_t count = region.width * channels;
  SourceRows source(picture, region.x, region.width, region.y + (firstRow + rows) * yRatio);
  std::vector<Sum> sums(count);
  for (std::size_t row = 0; row < rows; row++, out += width * channels) {
    const std::size_t y = region.y + (firstRow + row) * yRatio;
    for (std::size_t i = 0; i < yRatio; i++) addRow(sums.data(), source.row(y + i), count, i == 0);
    const std::uint64_t area = std::uint64_t{xRatio} * yRatio;
    if (channels == 3)
      meanRowBy<3>(sums.data(), width, xRatio, area, out);
    else
      meanRowBy<1>(sums.data(), width, xRatio, area, out);
  }
}

// Any other ratio: weights.

/** The pixels along one axis that make a pixel of the result: `count` from `first` on, weighted. */
struct Taps {
  std::size_t first = 0;
  std::size_t count = 0;
  /** Index of the first weight in the axis' weights. */
  std::size_t weights = 0;
};

struct Axis {
  std::vector<Taps> taps;
  std::vector<float> weights;
  /** Sum of the weights, the same for all pixels but for rounding. */
  float total = 1;
  /** The source's pixels that the whole axis needs. */
  std::size_t begin = 0;
  std::size_t end = 0;
};

/** @param from, length the region's along this axis. @param source the picture's. */
Axis makeAxis(double from, double length, std::size_t source, std::size_t result, std::size_t first,
              std::size_t count) {
  const double ratio = length / static_cast<double>(result);
  const auto last = static_cast<double>(source - 1);
  Axis axis;
  axis.taps.reserve(count);
  for (std::size_t i = first; i < first + count; i++) {
    Taps taps;
    taps.weights = axis.weights.size();
    if (ratio < 1) {
      const double centre = std::clamp(from + (static_cast<double>(i) + 0.5) * ratio - 0.5, 0.0, last);
      taps.first = std::min(static_cast<std::size_t>(centre), source >= 2 ? source - 2 : 0);
      const double part = centre - static_cast<double>(taps.first);
      axis.weights.push_back(static_cast<float>(1 - part));
      if (source >= 2) axis.weights.push_back(static_cast<float>(part));
    } else {
      const double begin = std::clamp(from + static_cast<double>(i) * ratio, 0.0, last);
      const double end = std::clamp(from + static_cast<double>(i + 1) * ratio, begin, last + 1);
      taps.first = static_cast<std::size_t>(begin);
      // A share so small comes from the rounding of a border, and counts as none.
      constexpr double kNothing = 1e-6;
      for (std::size_t at = taps.first; static_cast<double>(at) < end - kNothing || at == taps.first; at++) {
        const auto pixel = static_cast<double>(at);
        axis.weights.push_back(static_cast<float>(std::min(end, pixel + 1) - std::max(begin, pixel)));
      }
    }
    taps.count = axis.weights.size() - taps.weights;
    axis.taps.push_back(taps);
  }
  if (ratio >= 1) axis.total = static_cast<float>(ratio);
  axis.begin = axis.taps.front().first;
  axis.end = axis.taps.back().first + axis.taps.back().count;
  return axis;
}

void addWeighted(float* sums, const std::uint8_t* row, std::size_t count, float weight, bool isFirst) {
  if (isFirst)
    for (std::size_t i = 0; i < count; i++) sums[i] = weight * static_cast<float>(row[i]);
  else
    for (std::size_t i = 0; i < count; i++) sums[i] += weight * static_cast<float>(row[i]);
}

template <std::size_t Channels>
void weightedRow(const float* sums, const Axis& axis, float total, std::uint8_t* out) {
  constexpr float kMost = 255;
  for (const Taps& taps : axis.taps) {
    const float* from = sums + (taps.first - axis.begin) * Channels;
    const float* const weights = axis.weights.data() + taps.weights;
    float sum[Channels] = {};
    for (std::size_t i = 0; i < taps.count; i++, from += Channels)
      for (std::size_t c = 0; c < Channels; c++) sum[c] += weights[i] * from[c];
    for (std::size_t c = 0; c < Channels; c++)
      *out++ = static_cast<std::uint8_t>(std::min(kMost, sum[c] / total + 0.5F));
  }
}

void weightedRows(const PictureFile& picture, const Region& region, std::size_t width, std::size_t height,
                  std::size_t firstRow, std::size_t rows, std::uint8_t* out) {
  const PictureFacts& facts = picture.facts();
  const Axis columns = makeAxis(region.x, region.width, facts.width, width, 0, width);
  const Axis lines = makeAxis(region.y, region.height, facts.height, height, firstRow, rows);
  const std::size_t count = (columns.end - columns.begin) * facts.channels;
  SourceRows source(picture, columns.begin, columns.end - columns.begin, lines.end);
  std::vector<float> sums(count);
  for (const Taps& taps : lines.taps) {
    for (std::size_t i = 0; i < taps.count; i++)
      addWeighted(sums.data(), source.row(taps.first + i), count, lines.weights[taps.weights + i], i == 0);
    const float total = columns.total * lines.total;
    if (facts.channels == 3)
      weightedRow<3>(sums.data(), columns, total, out);
    else
      weightedRow<1>(sums.data(), columns, total, out);
    out += width * facts.channels;
  }
}

/** Adds a row's pixels to the sums of the result's columns: colours times alpha, and alpha, four sums a column. */
void addSeen(const Axis& columns, const std::uint8_t* colours, const std::uint8_t* alpha, float weight, float* sums) {
  for (const Taps& column : columns.taps) {
    const std::size_t first = column.first - columns.begin;
    const float* const weights = columns.weights.data() + column.weights;
    float sum[4] = {};
    for (std::size_t i = 0; i < column.count; i++) {
      const float counts = weights[i] * static_cast<float>(alpha[first + i]);
      const std::uint8_t* const colour = colours + (first + i) * 3;
      for (std::size_t c = 0; c < 3; c++) sum[c] += counts * static_cast<float>(colour[c]);
      sum[3] += counts;
    }
    for (std::size_t c = 0; c < 4; c++) *sums++ += weight * sum[c];
  }
}

void seenRows(const PictureFile& picture, const PictureFile& alpha, const Region& region, std::size_t width,
              std::size_t height, std::size_t firstRow, std::size_t rows, std::uint8_t* out) {
  constexpr float kMost = 255;
  const PictureFacts& facts = picture.facts();
  const Axis columns = makeAxis(region.x, region.width, facts.width, width, 0, width);
  const Axis lines = makeAxis(region.y, region.height, facts.height, height, firstRow, rows);
  SourceRows colours(picture, columns.begin, columns.end - columns.begin, lines.end);
  SourceRows opacity(alpha, columns.begin, columns.end - columns.begin, lines.end);
  const float total = columns.total * lines.total;
  std::vector<float> sums(width * 4);
  for (const Taps& line : lines.taps) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (std::size_t i = 0; i < line.count; i++)
      addSeen(columns, colours.row(line.first + i), opacity.row(line.first + i), lines.weights[line.weights + i],
              sums.data());
    for (const float* sum = sums.data(); sum < sums.data() + sums.size(); sum += 4) {
      for (std::size_t c = 0; c < 3; c++)
        *out++ = sum[3] > 0 ? static_cast<std::uint8_t>(std::min(kMost, sum[c] / sum[3] + 0.5F)) : std::uint8_t{0};
      *out++ = static_cast<std::uint8_t>(std::min(kMost, sum[3] / total + 0.5F));
    }
  }
}

bool isWhole(double number) { return number == std::floor(number); }

}  // namespace

void resampleRows(const PictureFile& picture, const Region& region, std::size_t width, std::size_t height,
                  std::size_t firstRow, std::size_t rows, std::uint8_t* out) {
  if (rows == 0) return;
  const PixelRect whole{static_cast<std::size_t>(region.x), static_cast<std::size_t>(region.y),
                        static_cast<std::size_t>(region.width), static_cast<std::size_t>(region.height)};
  const bool isWholeRatio = isWhole(region.x) && isWhole(region.y) && isWhole(region.width) && isWhole(region.height) &&
                            whole.width % width == 0 && whole.height % height == 0;
  if (!isWholeRatio) return weightedRows(picture, region, width, height, firstRow, rows, out);
  if (whole.width == width && whole.height == height)
    return picture.read({whole.x, whole.y + firstRow, width, rows}, out);
  // 16 bits hold the sum of at most 257 rows of 255.
  constexpr std::size_t kMostRows = 257;
  if (whole.height / height <= kMostRows)
    meanRows<std::uint16_t>(picture, whole, width, height, firstRow, rows, out);
  else
    meanRows<std::uint32_t>(picture, whole, width, height, firstRow, rows, out);
}

void resample(const PictureFile& picture, const Region& region, std::size_t width, std::size_t height,
              std::uint8_t* out) {
  const std::size_t channels = picture.facts().channels;
  const auto read = static_cast<std::size_t>(region.width * region.height) * channels;
  inParallel(height, worthThreads(read + width * height * channels), [&](std::size_t begin, std::size_t end) {
    resampleRows(picture, region, width, height, begin, end - begin, out + begin * width * channels);
  });
}

void resampleSeen(const PictureFile& picture, const PictureFile& alpha, const Region& region, std::size_t width,
                  std::size_t height, std::uint8_t* out) {
  constexpr std::size_t kChannels = 4;
  const auto read = static_cast<std::size_t>(region.width * region.height) * kChannels;
  const std::size_t threads = worthThreads(read + width * height * kChannels);
  inParallel(height, threads, [&](std::size_t begin, std::size_t end) {
    seenRows(picture, alpha, region, width, height, begin, end - begin, out + begin * width * kChannels);
  });
}

}  // namespace refit
