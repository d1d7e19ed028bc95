#pragma once
#include <napi.h>

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "session.h"
#include "task.h"

namespace refit {

/**
 * JavaScript's Session. Its calls wait in a queue on the JavaScript thread, not in worker threads, which Node needs for
 * other things too.
 */
class SessionObject final : public Napi::ObjectWrap<SessionObject> {
 public:
  /** The class, for `make`. */
  static Napi::Function define(Napi::Env env);
  static Napi::Object make(const Napi::Function& constructor, std::shared_ptr<Session> session);

  explicit SessionObject(const Napi::CallbackInfo& info);
  ~SessionObject() override;

 private:
  /** Something to start once it may: a run when a slot is free, anything else when nothing is under way. */
  struct Waiting {
    bool alone;
    std::function<void(std::size_t slot)> start;
  };

  Napi::Value inputs(const Napi::CallbackInfo& info);
  Napi::Value outputs(const Napi::CallbackInfo& info);
  Napi::Value vramBytes(const Napi::CallbackInfo& info);
  Napi::Value contextMs(const Napi::CallbackInfo& info);
  Napi::Value deserializeMs(const Napi::CallbackInfo& info);
  Napi::Value weightsMs(const Napi::CallbackInfo& info);
  Napi::Value runtimeCacheUsed(const Napi::CallbackInfo& info);
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value runTiles(const Napi::CallbackInfo& info);
  void stopTiles(const Napi::CallbackInfo& info);
  Napi::Value measure(const Napi::CallbackInfo& info);
  Napi::Value runtimeCache(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  void requireOpen() const;
  /** @param settling on this thread, before the promise is settled. */
  template <class Result>
  Napi::Value enqueue(bool alone, Task<Result>* task, const std::shared_ptr<std::size_t>& slot,
                      const std::function<void()>& settling = nullptr);
  void pump();

  // Facts stay readable after close().
  std::vector<TensorFacts> inputs_;
  std::vector<TensorFacts> outputs_;
  double vramBytes_ = 0;
  double contextMs_ = 0;
  double deserializeMs_ = 0;
  double weightsMs_ = 0;
  bool runtimeCacheUsed_ = false;

  std::shared_ptr<Session> session_;
  std::deque<Waiting> waiting_;
  std::array<bool, kSlots> busy_{};
  bool alone_ = false;
  /** The stop flags of the `runTiles` calls that are not settled. */
  std::vector<std::shared_ptr<std::atomic<bool>>> tilesStops_;
  Napi::ObjectReference closing_;
};

}  // namespace refit
