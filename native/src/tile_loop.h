#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "picture_file.h"
#include "picture_map.h"

namespace refit {

/** A tile of a picture, and where its core goes. */
struct TileJob {
  /** Top left corner in the source. */
  std::size_t x = 0;
  std::size_t y = 0;
  /** The core, in what the network makes of the tile. */
  PixelRect crop;
  /** Where the core's top left corner lies in the result. */
  std::size_t toX = 0;
  std::size_t toY = 0;
};

/** An image's sides and bytes a pixel. */
struct ImageShape {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t channels = 0;
};

/** Makes output tiles of input tiles, one in each slot, several slots at once. Each slot has a thread of its own. */
class TileRunner {
 public:
  virtual ~TileRunner() = default;

  virtual std::size_t slots() const = 0;
  virtual ImageShape inputShape() const = 0;
  virtual ImageShape outputShape() const = 0;
  /** The slot's own memory, of the shapes above. */
  virtual std::uint8_t* input(std::size_t slot) = 0;
  virtual const std::uint8_t* output(std::size_t slot) = 0;
  /** Every thread calls this before `start` and `wait`. */
  virtual void enterThread() = 0;
  /** Begins to make the slot's output of its input. When it throws, nothing touches the slot's memory any more. */
  virtual void start(std::size_t slot) = 0;
  /** Blocks until what was started has ended, well or not. */
  virtual void wait(std::size_t slot) = 0;
};

/**
 * Runs tiles of one picture file into another: each slot has a thread that cuts a tile, has it run, and copies its core
 * out. A further thread reserves the result's memory in the order in which the tiles need it. Returns when all have
 * ended.
 * @param tiles inside both pictures and the runner's shapes; cores do not overlap.
 * @param stop once true, no further tile begins; those under way are finished and told.
 * @param tell gets the indices of tiles whose pixels lie in the result: on this thread, at once, but at most 60 times a
 * second.
 * @returns whether no tile is left.
 * @throws NativeError FILE_FULL, FILE_FAILED, and what the runner throws; what was told is in the result all the same.
 */
bool runTileLoop(TileRunner& runner, const PictureFile& source, const PictureMap& result,
                 const std::vector<TileJob>& tiles, const std::atomic<bool>& stop,
                 const std::function<void(const std::vector<std::uint32_t>&)>& tell);

}  // namespace refit
