#include "cut_out.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "parallel.h"

namespace refit {
namespace {

constexpr std::size_t kColours = 3;
/** A pixel's colours times how much it counts, and how much it counts. */
constexpr std::size_t kSums = 4;
constexpr int kLevels = 256;
constexpr double kMost = 255;

/** Means over a box, in place, first along the rows and then along the columns; beyond the border all values are 0.
 * Sums run from the first pixel to the last. */
class Averages {
 public:
  Averages(std::vector<float>& values, std::size_t width, std::size_t height, std::size_t radius)
      : values_(values),
        width_(width * kSums),
        height_(height),
        radius_(radius),
        across_(values.size()),
        sums_(width_) {}

  void pass() {
    const double count = 2 * static_cast<double>(radius_) + 1;
    for (std::size_t y = 0; y < height_; y++) {
      begin();
      const float* const row = values_.data() + y * width_;
      for (std::size_t before = std::min(radius_ * kSums, width_); before > 0; before -= kSums)
        add(row, before, width_ - before);
      for (std::size_t after = 0; after <= radius_ * kSums && after < width_; after += kSums)
        add(row + after, 0, width_ - after);
      end(across_.data() + y * width_, count);
    }
    for (std::size_t y = 0; y < height_; y++) {
      begin();
      for (std::size_t from = y - std::min(y, radius_); from < std::min(height_, y + radius_ + 1); from++)
        add(across_.data() + from * width_, 0, width_);
      end(values_.data() + y * width_, count);
    }
  }

 private:
  void begin() { std::fill(sums_.begin(), sums_.end(), 0.0); }
  void add(const float* values, std::size_t first, std::size_t count) {
    double* const to = sums_.data() + first;
    for (std::size_t i = 0; i < count; i++) to[i] += static_cast<double>(values[i]);
  }
  void end(float* to, double count) const {
    for (std::size_t i = 0; i < width_; i++) to[i] = static_cast<float>(sums_[i] / count);
  }

  std::vector<float>& values_;
  /** Of a row, in values. */
  std::size_t width_;
  std::size_t height_;
  std::size_t radius_;
  std::vector<float> across_;
  std::vector<double> sums_;
};

/** A side of a region: where in the picture it begins, how long it is, and of how many pixels it is made. */
struct Side {
  std::size_t start = 0;
  std::size_t length = 0;
  std::size_t count = 0;
};

/** Between which two pixels of a smaller picture, along one side, each pixel of a region lies, and how far along. */
struct Places {
  Places(const Side& side, std::size_t picture, std::size_t smaller)
      : low(side.count), next(side.count), share(side.count) {
    const double scale = static_cast<double>(smaller) / static_cast<double>(picture);
    const auto start = static_cast<double>(side.start);
    const auto length = static_cast<double>(side.length);
    const auto last = static_cast<double>(smaller - 1);
    for (std::size_t i = 0; i < side.count; i++) {
      const double middle = (static_cast<double>(i) + 0.5) * length / static_cast<double>(side.count);
      const double at = std::clamp((start + middle) * scale - 0.5, 0.0, last);
      low[i] = static_cast<std::size_t>(at);
      next[i] = std::min(low[i] + 1, smaller - 1);
      share[i] = at - std::floor(at);
    }
  }
  std::vector<std::size_t> low;
  std::vector<std::size_t> next;
  std::vector<double> share;
};

/** Reads a field where a region of the picture lies, row by row. */
class FieldReader {
 public:
  FieldReader(const Field& field, const CutRows& rows)
      : field_(field),
        columns_({rows.region.x, rows.region.width, rows.region.width}, rows.pictureWidth, field.width),
        rows_({rows.region.y, rows.region.height, rows.region.height}, rows.pictureHeight, field.height),
        line_(field.width * kColours) {}

  /** To be called before the row's pixels are read. @param row of the region. */
  void toRow(std::size_t row) {
    const float* const top = field_.colours + rows_.low[row] * line_.size();
    const float* const bottom = field_.colours + rows_.next[row] * line_.size();
    const double down = rows_.share[row];
    for (std::size_t i = 0; i < line_.size(); i++)
      line_[i] = static_cast<float>(static_cast<double>(top[i]) * (1 - down) + static_cast<double>(bottom[i]) * down);
  }
  /** @param column of the region. */
  std::array<double, kColours> at(std::size_t column) const {
    const float* const left = line_.data() + columns_.low[column] * kColours;
    const float* const right = line_.data() + columns_.next[column] * kColours;
    const double across = columns_.share[column];
    std::array<double, kColours> colour{};
    for (std::size_t c = 0; c < kColours; c++)
      colour[c] = static_cast<double>(left[c]) * (1 - across) + static_cast<double>(right[c]) * across;
    return colour;
  }

 private:
  Field field_;
  Places columns_;
  Places rows_;
  std::vector<float> line_;
};

/** Rounds a number from 0 to 255 without a library call for each pixel. */
std::uint8_t rounded(double value) {
  const double above = value + 0.5;
  return static_cast<std::uint8_t>(above);
}

/** Gives the pixels of a row that are not all subject the colour that the subject alone has there. */
void cleanRow(std::uint8_t* rgb, const std::uint8_t* alpha, std::size_t width, const FieldReader& subject,
              const FieldReader& behind) {
  for (std::size_t x = 0; x < width; x++, rgb += kColours) {
    if (alpha[x] == kLevels - 1) continue;
    const std::array<double, kColours> near = subject.at(x);
    if (alpha[x] == 0) {
      for (std::size_t c = 0; c < kColours; c++) rgb[c] = rounded(near[c]);
      continue;
    }
    const std::array<double, kColours> far = behind.at(x);
    const double share = alpha[x] / kMost;
    for (std::size_t c = 0; c < kColours; c++)
      rgb[c] = rounded(std::clamp(near[c] + share * (rgb[c] - share * near[c] - (1 - share) * far[c]), 0.0, kMost));
  }
}

void layRow(std::uint8_t* rgb, const std::uint8_t* alpha, std::size_t width, const FieldReader& ground) {
  for (std::size_t x = 0; x < width; x++, rgb += kColours) {
    if (alpha[x] == kLevels - 1) continue;
    const std::array<double, kColours> colour = ground.at(x);
    const double share = alpha[x] / kMost;
    for (std::size_t c = 0; c < kColours; c++) rgb[c] = rounded(rgb[c] * share + colour[c] * (1 - share));
  }
}

bool isOpaque(const std::uint8_t* alpha, std::size_t width) {
  return std::all_of(alpha, alpha + width, [](int each) { return each == kLevels - 1; });
}

}  // namespace

void layMask(const Mask& mask, const PixelRect& region, std::size_t width, std::size_t height, std::uint8_t* out) {
  const Places columns({region.x, region.width, width}, mask.pictureWidth, mask.width);
  const Places rows({region.y, region.height, height}, mask.pictureHeight, mask.height);
  inParallel(height, worthThreads(width * height), [&](std::size_t begin, std::size_t end) {
    std::vector<double> line(mask.width);
    for (std::size_t y = begin; y < end; y++) {
      const std::uint8_t* const top = mask.bytes + rows.low[y] * mask.width;
      const std::uint8_t* const bottom = mask.bytes + rows.next[y] * mask.width;
      const double down = rows.share[y];
      for (std::size_t x = 0; x < mask.width; x++) line[x] = top[x] * (1 - down) + bottom[x] * down;
      std::uint8_t* const to = out + y * width;
      for (std::size_t x = 0; x < width; x++) {
        const double across = columns.share[x];
        to[x] = rounded(line[columns.low[x]] * (1 - across) + line[columns.next[x]] * across);
      }
    }
  });
}

void surroundings(const SmallCopy& copy, Of of, std::size_t radius, float* colours) {
  constexpr int kPasses = 3;
  constexpr double kSureness = 6;
  /** Where less than this counts, on average, the mean says nothing. A pixel keeps its own colour then, or becomes
   * black where its share is 0. */
  constexpr double kFewest = 1e-5;
  const auto share = [of](int matte) { return of == Of::Subject ? matte / kMost : 1 - matte / kMost; };
  std::array<double, kLevels> sure{};
  for (int level = 0; level < kLevels; level++)
    sure[static_cast<std::size_t>(level)] = std::pow(share(level), kSureness);

  const std::size_t pixels = copy.width * copy.height;
  std::vector<float> values(pixels * kSums);
  for (std::size_t i = 0; i < pixels; i++) {
    const std::uint8_t* const from = copy.rgba + i * kSums;
    const double counts = sure[copy.matte[i]] * (from[kColours] / kMost);
    for (std::size_t c = 0; c < kColours; c++) values[i * kSums + c] = static_cast<float>(from[c] * counts);
    values[i * kSums + kColours] = static_cast<float>(counts);
  }
  Averages averages(values, copy.width, copy.height, radius);
  for (int pass = 0; pass < kPasses; pass++) averages.pass();
  for (std::size_t i = 0; i < pixels; i++) {
    const float* const sums = values.data() + i * kSums;
    const bool isKnown = sums[kColours] > kFewest;
    const bool isOwn = !isKnown && share(copy.matte[i]) > 0;
    for (std::size_t c = 0; c < kColours; c++) {
      const float own = isOwn ? static_cast<float>(copy.rgba[i * kSums + c]) : 0;
      colours[i * kColours + c] = isKnown ? sums[c] / sums[kColours] : own;
    }
  }
}

void cutOut(const CutRows& rows) {
  const std::size_t width = rows.region.width;
  const std::size_t height = rows.region.height;
  inParallel(height, worthThreads(width * height * (kColours + 1)), [&](std::size_t begin, std::size_t end) {
    FieldReader subject(rows.subject, rows);
    FieldReader behind(rows.behind, rows);
    std::optional<FieldReader> ground;
    if (rows.ground.colours != nullptr) ground.emplace(rows.ground, rows);
    for (std::size_t y = begin; y < end; y++) {
      std::uint8_t* const rgb = rows.rgb + y * width * kColours;
      std::uint8_t* const alpha = rows.alpha + y * width;
      if (!isOpaque(alpha, width)) {
        subject.toRow(y);
        behind.toRow(y);
        cleanRow(rgb, alpha, width, subject, behind);
      }
      if (rows.own != nullptr)
        for (std::size_t x = 0; x < width; x++) alpha[x] = rounded(alpha[x] * rows.own[y * width + x] / kMost);
      if (ground && !isOpaque(alpha, width)) {
        ground->toRow(y);
        layRow(rgb, alpha, width, *ground);
      }
    }
  });
}

}  // namespace refit
