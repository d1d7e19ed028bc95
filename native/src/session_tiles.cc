#include <algorithm>
#include <mutex>

#include "error.h"
#include "session.h"

namespace refit {
namespace {

/** Runs of tiles under way at once: enough that the GPU has work while others' pixels are being copied over fresh
 * memory. With twelve slots, fast-x4 was slower in the app on 16 cores: stores to fresh pages of one file get in each
 * other's way. */
constexpr std::size_t kTileSlots = 8;
/** Limit on the host memory of these slots, beside what every session has. */
constexpr std::size_t kMostPinnedBytes = std::size_t{256} << 20;

ImageShape imageShape(const TensorFacts& tensor) {
  if (tensor.shape.size() != 4 || tensor.shape[0] != 1 || std::string(tensor.dtype) != "uint8")
    throw NativeError(ErrorCode::BadArgument,
                      "Expected uint8 [1, height, width, channels] for tiles but the network's \"" + tensor.name +
                          "\" is another tensor");
  return {static_cast<std::size_t>(tensor.shape[2]), static_cast<std::size_t>(tensor.shape[1]),
          static_cast<std::size_t>(tensor.shape[3])};
}

}  // namespace

TileShapes tileShapes(const std::vector<TensorFacts>& inputs, const std::vector<TensorFacts>& outputs) {
  if (inputs.size() != 1)
    throw NativeError(ErrorCode::BadArgument,
                      "Expected a network of one input for tiles but this one has " + std::to_string(inputs.size()));
  return {imageShape(inputs[0]), imageShape(outputs[0])};
}

class Session::Tiles final : public TileRunner {
 public:
  explicit Tiles(Session& session)
      : session_(session), shapes_(tileShapes(session.inputs_, session.outputs_)), slots_(session.slots_.size()) {}

  std::size_t slots() const override { return slots_; }
  ImageShape inputShape() const override { return shapes_.input; }
  ImageShape outputShape() const override { return shapes_.output; }
  std::uint8_t* input(std::size_t slot) override {
    return static_cast<std::uint8_t*>(session_.slots_[slot]->inputs[0].get());
  }
  const std::uint8_t* output(std::size_t slot) override {
    return static_cast<const std::uint8_t*>(session_.slots_[slot]->outputs[0].get());
  }
  void enterThread() override { session_.device_.makeCurrent(); }

  void start(std::size_t index) override { session_.start(*session_.slots_[index], 1); }

  void wait(std::size_t index) override { finish(*session_.slots_[index]); }

 private:
  Session& session_;
  TileShapes shapes_;
  std::size_t slots_;
};

std::unique_ptr<TileRunner> Session::tileRunner() {
  device_.makeCurrent();
  const std::lock_guard lock(sessionsOpening());
  std::size_t bytes = 0;
  for (const TensorFacts& tensor : inputs_) bytes += tensor.bytes;
  for (const TensorFacts& tensor : outputs_) bytes += tensor.bytes;
  const std::size_t most = std::clamp(kSlots + kMostPinnedBytes / bytes, kSlots, kTileSlots);
  try {
    while (slots_.size() < most) slots_.push_back(makeSlot());
  } catch (const NativeError& error) {
    // Fewer slots are slower, and enough.
    if (error.code != ErrorCode::OutOfVram) throw;
  }
  return std::make_unique<Tiles>(*this);
}

}  // namespace refit
