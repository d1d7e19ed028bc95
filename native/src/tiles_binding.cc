#include "tiles_binding.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "error.h"
#include "picture_arguments.h"
#include "values.h"

namespace refit {
namespace arguments {
namespace {

constexpr std::size_t kNumbersATile = 8;

void requireChannels(const PictureFacts& facts, const ImageShape& shape, const char* name) {
  if (facts.channels != shape.channels)
    throw NativeError(ErrorCode::BadArgument, "Expected " + std::to_string(shape.channels) + " for " + name +
                                                  ".channels but received " + std::to_string(facts.channels));
}

/** @param number which of the tile's eight. */
void require(bool holds, const char* expected, std::size_t tile, std::size_t number, std::size_t received) {
  if (holds) return;
  throw NativeError(ErrorCode::BadArgument, std::string("Expected ") + expected + " for tiles[" +
                                                std::to_string(tile * kNumbersATile + number) + "] but received " +
                                                std::to_string(received));
}

}  // namespace

TilesCall tilesCall(const Napi::CallbackInfo& info, const ImageShape& input, const ImageShape& output) {
  TilesCall call;
  call.source = pictureFacts(info[0], "source");
  call.result = pictureFacts(info[1], "result");
  requireChannels(call.source, input, "source");
  requireChannels(call.result, output, "result");
  const Napi::Value list = info[2];
  if (!list.IsTypedArray() || list.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array ||
      list.As<Napi::TypedArray>().ElementLength() % kNumbersATile != 0)
    mismatch("Uint32Array of 8 numbers a tile", "tiles", list);
  const auto numbers = list.As<Napi::Uint32Array>();
  for (std::size_t tile = 0; tile < numbers.ElementLength() / kNumbersATile; tile++) {
    const std::uint32_t* const at = numbers.Data() + tile * kNumbersATile;
    const TileJob job{at[0], at[1], {at[2], at[3], at[4], at[5]}, at[6], at[7]};
    const PixelRect& crop = job.crop;
    require(job.x < call.source.width, "x inside the source", tile, 0, job.x);
    require(job.y < call.source.height, "y inside the source", tile, 1, job.y);
    require(crop.x < output.width, "x inside the output", tile, 2, crop.x);
    require(crop.y < output.height, "y inside the output", tile, 3, crop.y);
    require(crop.width > 0 && crop.width <= output.width - crop.x, "width inside the output", tile, 4, crop.width);
    require(crop.height > 0 && crop.height <= output.height - crop.y, "height inside the output", tile, 5, crop.height);
    require(job.toX + crop.width <= call.result.width, "x inside the result", tile, 6, job.toX);
    require(job.toY + crop.height <= call.result.height, "y inside the result", tile, 7, job.toY);
    call.tiles.push_back(job);
  }
  return call;
}

}  // namespace arguments

TilesTeller::TilesTeller(Napi::Env env, const Napi::Value& function) {
  if (!function.IsFunction()) arguments::mismatch("function", "onDone", function);
  function_ = Napi::Persistent(function.As<Napi::Function>());
  toJavaScript_ = Napi::ThreadSafeFunction::New(env, function.As<Napi::Function>(), "refit tiles", 0, 1);
}

void TilesTeller::tell(const std::vector<std::uint32_t>& indices) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->untold.insert(state_->untold.end(), indices.begin(), indices.end());
  }
  toJavaScript_.NonBlockingCall(
      [state = state_](Napi::Env env, const Napi::Function& function) { state->deliver(env, function); });
}

void TilesTeller::finish(Napi::Env env) {
  toJavaScript_.Release();
  state_->deliver(env, function_.Value());
}

void TilesTeller::State::deliver(Napi::Env env, const Napi::Function& function) {
  std::vector<std::uint32_t> told;
  {
    const std::lock_guard lock(mutex);
    told.swap(untold);
  }
  if (told.empty()) return;
  Napi::Uint32Array indices = Napi::Uint32Array::New(env, told.size());
  std::copy(told.begin(), told.end(), indices.Data());
  function.Call({indices});
}

const char* runTilesCall(TileRunner& runner, const TilesCall& call, const std::atomic<bool>& stop,
                         TilesTeller& teller) {
  const PictureFile source(call.source, PictureFile::Access::Read);
  auto result = std::make_unique<PictureMap>(call.result);
  const bool isDone = runTileLoop(runner, source, *result, call.tiles, stop,
                                  [&](const std::vector<std::uint32_t>& indices) { teller.tell(indices); });
  PictureMap::unmapLater(std::move(result));
  return isDone ? "done" : "stopped";
}

}  // namespace refit
