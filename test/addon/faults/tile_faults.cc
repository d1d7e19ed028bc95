/**
 * For tests alone, no part of the app: runTiles (binding.d.ts) with a made-up network on the processor, which fails
 * when it is told to. test/addon/tileLoop.integration.test.ts compiles it, and says what it is for.
 */
#include <napi.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "task.h"
#include "tile_loop.h"
#include "tiles_binding.h"

namespace refit {
namespace {

/** Repeats each pixel four times in each direction. */
class NearestRunner final : public TileRunner {
 public:
  static constexpr std::size_t kScale = 4;

  /** @param failAt the number of the start that throws, from 1 on; 0: none does. */
  NearestRunner(ImageShape input, std::size_t slots, std::uint32_t failAt)
      : input_(input), failAt_(failAt), inputs_(slots), outputs_(slots) {
    for (auto& memory : inputs_) memory.resize(input.width * input.height * input.channels);
    for (auto& memory : outputs_) memory.resize(input.width * input.height * input.channels * kScale * kScale);
  }

  std::size_t slots() const override { return inputs_.size(); }
  ImageShape inputShape() const override { return input_; }
  ImageShape outputShape() const override { return {input_.width * kScale, input_.height * kScale, input_.channels}; }
  std::uint8_t* input(std::size_t slot) override { return inputs_[slot].data(); }
  const std::uint8_t* output(std::size_t slot) override { return outputs_[slot].data(); }
  void enterThread() override {}

  void start(std::size_t) override {
    if (++started_ == failAt_) throw NativeError(ErrorCode::RunFailed, "This run was to fail.");
  }

  void wait(std::size_t slot) override {
    const ImageShape out = outputShape();
    std::uint8_t* to = outputs_[slot].data();
    for (std::size_t y = 0; y < out.height; y++)
      for (std::size_t x = 0; x < out.width; x++)
        for (std::size_t c = 0; c < out.channels; c++)
          *to++ = inputs_[slot][((y / kScale) * input_.width + x / kScale) * input_.channels + c];
  }

 private:
  ImageShape input_;
  std::uint32_t failAt_;
  std::atomic<std::uint32_t> started_ = 0;
  std::vector<std::vector<std::uint8_t>> inputs_;
  std::vector<std::vector<std::uint8_t>> outputs_;
};

std::atomic<bool> stopping;

/** runTiles' arguments, then tile's side, slots, failAt. One call at a time. */
Napi::Value runTiles(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&]() -> Napi::Value {
    const std::size_t side = info[4].ToNumber().Uint32Value();
    const ImageShape input{side, side, 3};
    const auto runner = std::make_shared<NearestRunner>(input, info[5].ToNumber().Uint32Value(), info[6].ToNumber());
    const TilesCall call = arguments::tilesCall(info, input, runner->outputShape());
    const auto teller = std::make_shared<TilesTeller>(info.Env(), info[3]);
    stopping = false;
    auto* const task = new Task<std::string>(
        info.Env(), [runner, call, teller]() -> std::string { return runTilesCall(*runner, call, stopping, *teller); },
        [](Napi::Env env, std::string& how) -> Napi::Value { return Napi::String::New(env, how); });
    task->before([env = info.Env(), teller] { teller->finish(env); });
    task->Queue();
    return task->promise();
  });
}

void stopTiles(const Napi::CallbackInfo&) { stopping = true; }

}  // namespace
}  // namespace refit

static Napi::Object initAddon(Napi::Env env, Napi::Object exports) {
  exports.Set("runTiles", Napi::Function::New(env, refit::runTiles, "runTiles"));
  exports.Set("stopTiles", Napi::Function::New(env, refit::stopTiles, "stopTiles"));
  return exports;
}
NODE_API_MODULE(tile_faults, initAddon)
