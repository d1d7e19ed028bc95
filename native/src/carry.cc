#include "carry.h"

#include <algorithm>
#include <array>
#include <vector>

#include "parallel.h"

namespace refit {
namespace {

constexpr std::size_t kColours = 3;
constexpr int kOpaque = 255;

/** A colour and how much of it is known: 0 is nothing, 1 is enough to need no neighbours. */
struct Cell {
  std::array<float, kColours> colour{};
  float known = 0;
};

/** The cells of one level of the pyramid, over the whole picture or a part of it. */
struct Grid {
  Grid(std::size_t columns, std::size_t lines) : width(columns), height(lines), cells(columns * lines) {}

  Cell* row(std::size_t y) { return cells.data() + y * width; }
  const Cell* row(std::size_t y) const { return cells.data() + y * width; }

  std::size_t width;
  std::size_t height;
  std::vector<Cell> cells;
};

std::size_t halfOf(std::size_t length) { return (length + 1) / 2; }

/** The sum of the colours that a cell stands for. */
class Sum {
 public:
  void add(const std::array<float, kColours>& colour, float known) {
    for (std::size_t c = 0; c < kColours; c++) colours_[c] += known * colour[c];
    known_ += known;
  }
  Cell mean() const {
    Cell cell;
    if (known_ <= 0) return cell;
    for (std::size_t c = 0; c < kColours; c++) cell.colour[c] = colours_[c] / known_;
    cell.known = std::min(1.0F, known_);
    return cell;
  }

 private:
  std::array<float, kColours> colours_{};
  float known_ = 0;
};

/** @param add is given a cell's sum and the place in the finer level that it comes from. */
template <class Add>
Grid halved(std::size_t width, std::size_t height, const Add& add) {
  Grid half(halfOf(width), halfOf(height));
  for (std::size_t y = 0; y < half.height; y++)
    for (std::size_t x = 0; x < half.width; x++) {
      Sum sum;
      for (std::size_t row = 2 * y; row < std::min(2 * y + 2, height); row++)
        for (std::size_t column = 2 * x; column < std::min(2 * x + 2, width); column++) add(sum, column, row);
      half.row(y)[x] = sum.mean();
    }
  return half;
}

Grid halved(const Grid& fine) {
  return halved(fine.width, fine.height, [&](Sum& sum, std::size_t x, std::size_t y) {
    const Cell& cell = fine.row(y)[x];
    sum.add(cell.colour, cell.known);
  });
}

/** Interpolates a level's colours between the middles of its cells, row by row of the next finer level. */
class Interpolator {
 public:
  explicit Interpolator(const Grid& coarse) : coarse_(coarse), line_(coarse.width) {}

  void toRow(std::size_t y) {
    const auto [near, far] = pair(y, coarse_.height);
    const Cell* const here = coarse_.row(near);
    const Cell* const there = coarse_.row(far);
    for (std::size_t x = 0; x < line_.size(); x++) line_[x] = mixed(here[x].colour, there[x].colour);
  }
  std::array<float, kColours> at(std::size_t x) const {
    const auto [near, far] = pair(x, coarse_.width);
    return mixed(line_[near], line_[far]);
  }

 private:
  /** The two coarser cells nearest to a finer one: the one that it lies in, and the neighbour on its side. */
  static std::array<std::size_t, 2> pair(std::size_t fine, std::size_t count) {
    const std::size_t own = fine / 2;
    const std::size_t other = fine % 2 == 0 ? own - (own > 0 ? 1 : 0) : std::min(own + 1, count - 1);
    return {own, other};
  }
  static std::array<float, kColours> mixed(const std::array<float, kColours>& near,
                                           const std::array<float, kColours>& far) {
    constexpr float kNear = 0.75F;
    std::array<float, kColours> out{};
    for (std::size_t c = 0; c < kColours; c++) out[c] = kNear * near[c] + (1 - kNear) * far[c];
    return out;
  }

  const Grid& coarse_;
  std::vector<std::array<float, kColours>> line_;
};

/** Completes each cell's colour from the coarser level. */
void fill(Grid& fine, const Grid& coarse) {
  Interpolator between(coarse);
  for (std::size_t y = 0; y < fine.height; y++) {
    between.toRow(y);
    Cell* const row = fine.row(y);
    for (std::size_t x = 0; x < fine.width; x++) {
      Cell& cell = row[x];
      if (cell.known >= 1) continue;
      const auto around = between.at(x);
      for (std::size_t c = 0; c < kColours; c++)
        cell.colour[c] = cell.known * cell.colour[c] + (1 - cell.known) * around[c];
    }
  }
}

/** Levels of a tile's own pyramid; the coarser levels belong to the whole picture. */
constexpr std::size_t kTileLevels = 4;
/** Side of a cell of the coarsest of them, in pixels: so far around a tile colours are looked for. */
constexpr std::size_t kBlock = std::size_t{1} << kTileLevels;
constexpr std::size_t kTileSide = 512;

/** A part of the picture, with its pixels and the pyramid over them. Begins at the corner of a block. */
struct Part {
  Part(const PictureFile& picture, const PictureFile& alpha, const PixelRect& rect)
      : area(rect), rgb(rect.width * rect.height * kColours), opacity(rect.width * rect.height) {
    alpha.read(area, opacity.data());
    picture.read(area, rgb.data());
  }

  void build() {
    levels.reserve(kTileLevels);
    levels.push_back(halved(area.width, area.height, [&](Sum& sum, std::size_t x, std::size_t y) {
      const std::size_t pixel = y * area.width + x;
      if (opacity[pixel] == 0) return;
      const std::uint8_t* const from = rgb.data() + pixel * kColours;
      sum.add({static_cast<float>(from[0]), static_cast<float>(from[1]), static_cast<float>(from[2])},
              static_cast<float>(opacity[pixel]) / kOpaque);
    }));
    while (levels.size() < kTileLevels) levels.push_back(halved(levels.back()));
  }

  PixelRect area;
  std::vector<std::uint8_t> rgb;
  std::vector<std::uint8_t> opacity;
  /** From the finest level on; each has half the sides of the one before. */
  std::vector<Grid> levels;
};

/** How far off a colour may be after its product with alpha was rounded. */
int openOf(int alpha) { return alpha == 0 ? kOpaque : kOpaque / (2 * alpha); }

/** Replaces a part's colours by the carried ones. */
void carryInto(Part& part) {
  for (std::size_t level = kTileLevels - 1; level > 0; level--) fill(part.levels[level - 1], part.levels[level]);
  Interpolator between(part.levels.front());
  for (std::size_t y = 0; y < part.area.height; y++) {
    between.toRow(y);
    for (std::size_t x = 0; x < part.area.width; x++) {
      const std::size_t pixel = y * part.area.width + x;
      const int alpha = part.opacity[pixel];
      const int open = openOf(alpha);
      if (open == 0) continue;
      const auto around = between.at(x);
      const float known = static_cast<float>(alpha) / kOpaque;
      std::uint8_t* const to = part.rgb.data() + pixel * kColours;
      for (std::size_t c = 0; c < kColours; c++) {
        const int own = to[c];
        const float carried = known * static_cast<float>(own) + (1 - known) * around[c];
        const int least = alpha == 0 ? 0 : std::max(0, own - open);
        const int most = alpha == 0 ? kOpaque : std::min(kOpaque, own + open);
        to[c] =
            static_cast<std::uint8_t>(std::clamp(carried + 0.5F, static_cast<float>(least), static_cast<float>(most)));
      }
    }
  }
}

/** Calls `work` with each tile of a picture, on several threads. */
template <class Work>
void eachTile(const PictureFacts& facts, const Work& work) {
  const std::size_t across = (facts.width + kTileSide - 1) / kTileSide;
  const std::size_t down = (facts.height + kTileSide - 1) / kTileSide;
  const std::size_t bytes = facts.width * facts.height * (kColours + 1);
  inParallel(across * down, worthThreads(bytes), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; i++) {
      const std::size_t x = i % across * kTileSide;
      const std::size_t y = i / across * kTileSide;
      work(PixelRect{x, y, std::min(kTileSide, facts.width - x), std::min(kTileSide, facts.height - y)});
    }
  });
}

/** The level of the whole picture whose cells are the coarsest ones of the tiles' pyramids. */
Grid blocksOf(const PictureFile& picture, const PictureFile& alpha) {
  const PictureFacts& facts = picture.facts();
  Grid blocks((facts.width + kBlock - 1) / kBlock, (facts.height + kBlock - 1) / kBlock);
  eachTile(facts, [&](const PixelRect& tile) {
    Part part(picture, alpha, tile);
    const auto isClear = [](int each) { return each == 0; };
    if (std::all_of(part.opacity.begin(), part.opacity.end(), isClear)) return;
    part.build();
    const Grid& top = part.levels.back();
    for (std::size_t y = 0; y < top.height; y++)
      std::copy_n(top.row(y), top.width, blocks.row(tile.y / kBlock + y) + tile.x / kBlock);
  });
  return blocks;
}

/** Completes a grid from the means of its own cells. */
void fillAll(Grid& grid) {
  if (grid.width == 1 && grid.height == 1) return;
  Grid half = halved(grid);
  fillAll(half);
  fill(grid, half);
}

/** A tile with a block around it, as far as the picture goes. */
PixelRect around(const PixelRect& tile, const PictureFacts& facts) {
  const std::size_t x = tile.x - std::min(tile.x, kBlock);
  const std::size_t y = tile.y - std::min(tile.y, kBlock);
  return {x, y, std::min(tile.x + tile.width + kBlock, facts.width) - x,
          std::min(tile.y + tile.height + kBlock, facts.height) - y};
}

}  // namespace

void carryColours(const PictureFile& picture, const PictureFile& alpha, const PictureFile& to) {
  const PictureFacts& facts = picture.facts();
  Grid blocks = blocksOf(picture, alpha);
  fillAll(blocks);
  eachTile(facts, [&](const PixelRect& tile) {
    Part part(picture, alpha, around(tile, facts));
    const std::size_t left = tile.x - part.area.x;
    const std::size_t top = tile.y - part.area.y;
    if (std::any_of(part.opacity.begin(), part.opacity.end(), [](int each) { return openOf(each) > 0; })) {
      part.build();
      Grid& highest = part.levels.back();
      for (std::size_t y = 0; y < highest.height; y++)
        std::copy_n(blocks.row(part.area.y / kBlock + y) + part.area.x / kBlock, highest.width, highest.row(y));
      carryInto(part);
    }
    std::vector<std::uint8_t> rows(tile.width * tile.height * kColours);
    for (std::size_t y = 0; y < tile.height; y++)
      std::copy_n(part.rgb.data() + ((top + y) * part.area.width + left) * kColours, tile.width * kColours,
                  rows.data() + y * tile.width * kColours);
    to.write(tile, rows.data());
  });
}

}  // namespace refit
