/**
 * For tests alone, no part of the app: the addon's own tasks and buffers, with work that fails in ways that no real
 * library here can be made to fail in. test/addon/task.integration.test.ts compiles it, and says what it is for.
 */
#include <napi.h>

#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "device.h"
#include "log.h"
#include "task.h"

namespace refit {
namespace {

[[noreturn]] void fail(const std::string& how) {
  if (how == "number") throw 7;
  if (how == "exception") throw std::runtime_error("an exception");
  throw NativeError(ErrorCode::FileFailed, "an error of ours");
}

/** `fail(where, how)`: a task that throws "work"-ing, "convert"-ing or "settling". @returns its promise. */
Napi::Value runTask(const Napi::CallbackInfo& info) {
  const std::string where = info[0].ToString();
  const std::string how = info[1].ToString();
  auto* const task = new Task<int>(
      info.Env(),
      [where, how] {
        if (where == "work") fail(how);
        return 1;
      },
      [where, how](Napi::Env env, int& result) -> Napi::Value {
        if (where == "convert") fail(how);
        return Napi::Number::New(env, result);
      });
  task->before([where, how] {
    if (where == "settling") fail(how);
  });
  const Napi::Value promise = task->promise();
  task->Queue();
  return promise;
}

/** A copy to the GPU, then a throw that unwinds past the memory which it reads. */
Napi::Value copyThenThrow(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&]() -> Napi::Value {
    const Stream stream;
    const DeviceBuffer device(64);
    const PinnedBuffer pinned(64);
    const DrainOnThrow draining(stream);
    pinned.copyTo(device, stream);
    fail("error");
  });
}

/**
 * Logs on this thread inside of nested scopes and after them, while a scope of another thread is open.
 * @returns the text of the inner scope, the outer one, and that of the other thread.
 */
Napi::Value logInNestedScopes(const Napi::CallbackInfo& info) {
  constexpr auto kError = nvinfer1::ILogger::Severity::kERROR;
  std::string inner;
  std::string outer;
  std::string other;
  const LogScope outerScope;
  std::promise<void> opened;
  std::promise<void> logged;
  std::thread thread([&] {
    const LogScope scope;
    opened.set_value();
    logged.get_future().wait();
    other = scope.text();
  });
  opened.get_future().wait();
  {
    const LogScope innerScope;
    Logger::instance().log(kError, "inside");
    inner = innerScope.text();
  }
  Logger::instance().log(kError, "after");
  outer = outerScope.text();
  logged.set_value();
  thread.join();
  Napi::Array texts = Napi::Array::New(info.Env());
  texts.Set(0u, inner);
  texts.Set(1u, outer);
  texts.Set(2u, other);
  return texts;
}

}  // namespace
}  // namespace refit

static Napi::Object initFaults(Napi::Env env, Napi::Object exports) {
  exports.Set("runTask", Napi::Function::New(env, refit::runTask, "runTask"));
  exports.Set("logInNestedScopes", Napi::Function::New(env, refit::logInNestedScopes, "logInNestedScopes"));
  exports.Set("copyThenThrow", Napi::Function::New(env, refit::copyThenThrow, "copyThenThrow"));
  return exports;
}
NODE_API_MODULE(task_faults, initFaults)
