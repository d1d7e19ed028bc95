#pragma once
#include <napi.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "arguments.h"
#include "task.h"

namespace refit {

/**
 * Carries progress from any thread to a JavaScript function, at most 60 times a second; the last report always arrives,
 * and none after finish().
 */
template <class Report>
class Progress {
 public:
  using Call = std::function<void(Napi::Env, const Napi::Function&, const Report&)>;

  /** @param call calls the JavaScript function with a report. */
  Progress(Napi::Env env, const Napi::Function& function, Call call)
      : state_(std::make_shared<State>()),
        function_(Napi::Persistent(function)),
        toJavaScript_(Napi::ThreadSafeFunction::New(env, function, "refit progress", 0, 1)) {
    state_->call = std::move(call);
  }

  void report(const Report& report) {
    const std::lock_guard lock(state_->mutex);
    state_->latest = report;
    const auto now = std::chrono::steady_clock::now();
    if (state_->finished || now - state_->sent < kInterval) return;
    state_->sent = now;
    toJavaScript_.NonBlockingCall(
        [state = state_](Napi::Env env, const Napi::Function& function) { state->deliver(env, function); });
  }

  /** On the JavaScript thread, once no report can come any more: delivers what is left. */
  void finish(Napi::Env env) {
    toJavaScript_.Release();
    state_->deliver(env, function_.Value());
    const std::lock_guard lock(state_->mutex);
    state_->finished = true;
  }

 private:
  static constexpr auto kInterval = std::chrono::milliseconds(16);

  struct State {
    std::mutex mutex;
    Call call;
    std::optional<Report> latest;
    std::chrono::steady_clock::time_point sent;
    bool finished = false;

    void deliver(Napi::Env env, const Napi::Function& function) {
      std::optional<Report> report;
      {
        const std::lock_guard lock(mutex);
        if (!finished) report.swap(latest);
      }
      if (report) call(env, function, *report);
    }
  };

  std::shared_ptr<State> state_;
  Napi::FunctionReference function_;
  Napi::ThreadSafeFunction toJavaScript_;
};

/**
 * Queues work that reports progress.
 * @param onProgress a JavaScript function or undefined. @param call calls it with a report.
 * @param work on a worker thread; gets a function that takes reports. @param convert as of Task.
 * @param kept values that stay referenced until the promise is settled.
 */
template <class Result, class Report, class Work>
Napi::Promise queueWithProgress(Napi::Env env, const Napi::Value& onProgress, typename Progress<Report>::Call call,
                                Work work, typename Task<Result>::Convert convert, const arguments::Kept& kept) {
  const std::optional<Napi::Function> function = arguments::optionalFunction(onProgress, "onProgress");
  const auto progress = function ? std::make_shared<Progress<Report>>(env, *function, std::move(call)) : nullptr;
  auto* const task = new Task<Result>(
      env,
      [work, progress] {
        return work([&](const Report& report) {
          if (progress) progress->report(report);
        });
      },
      std::move(convert));
  for (const Napi::Value& value : kept) task->keep(value);
  task->before([env, progress] {
    if (progress) progress->finish(env);
  });
  task->Queue();
  return task->promise();
}

}  // namespace refit
