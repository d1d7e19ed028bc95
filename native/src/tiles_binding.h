#pragma once
#include <napi.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "tile_loop.h"

/** The JavaScript side of runTiles (binding.d.ts). */
namespace refit {

/** What runTiles is asked for. */
struct TilesCall {
  PictureFacts source;
  PictureFacts result;
  std::vector<TileJob> tiles;
};

namespace arguments {
/**
 * runTiles' first three arguments, checked against each other and what the network takes and gives.
 * @throws NativeError BAD_ARGUMENT.
 */
TilesCall tilesCall(const Napi::CallbackInfo& info, const ImageShape& input, const ImageShape& output);
}  // namespace arguments

/** Carries indices of tiles from any thread to a JavaScript function; each arrives once, and all have when `finish`
 * returns. */
class TilesTeller {
 public:
  /** @throws NativeError BAD_ARGUMENT where `function` is none. */
  TilesTeller(Napi::Env env, const Napi::Value& function);

  void tell(const std::vector<std::uint32_t>& indices);
  /** On the JavaScript thread, once nothing more is told. */
  void finish(Napi::Env env);

 private:
  struct State {
    std::mutex mutex;
    std::vector<std::uint32_t> untold;
    void deliver(Napi::Env env, const Napi::Function& function);
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
  Napi::FunctionReference function_;
  Napi::ThreadSafeFunction toJavaScript_;
};

/** Opens the files and runs the tiles. @returns 'done' or 'stopped', as runTiles does. @throws as `runTileLoop`. */
const char* runTilesCall(TileRunner& runner, const TilesCall& call, const std::atomic<bool>& stop, TilesTeller& teller);

}  // namespace refit
