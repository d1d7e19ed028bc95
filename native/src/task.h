#pragma once
#include <napi.h>

#include <exception>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "call_scope.h"
#include "error.h"

namespace refit {

/** A NativeError as JavaScript's Error with code and detail. */
Napi::Error toJavaScript(Napi::Env env, const NativeError& error);

/** Any exception of the native side as a NativeError, with what the call's scope knows of it. */
NativeError toNativeError(const std::exception_ptr& thrown, const CallScope& scope);

/** Copies into memory of JavaScript's own: Electron refuses external buffers. */
Napi::Value copyToJavaScript(Napi::Env env, const void* data, std::size_t size);

/** Runs `action`; what the native side throws becomes a JavaScript exception. For calls that answer at once. */
template <class Action>
auto answered(Napi::Env env, const Action& action) -> decltype(action()) {
  const CallScope scope;
  try {
    return action();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw toJavaScript(env, toNativeError(std::current_exception(), scope));
  }
}

/** Runs `action`, which gives a promise; what the native side throws becomes a rejected one. */
template <class Action>
Napi::Value promised(Napi::Env env, const Action& action) {
  const CallScope scope;
  try {
    return action();
  } catch (const Napi::Error& error) {
    const auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(error.Value());
    return deferred.Promise();
  } catch (...) {
    const auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(toJavaScript(env, toNativeError(std::current_exception(), scope)).Value());
    return deferred.Promise();
  }
}

/** Result of a task whose promise resolves to undefined. */
struct Nothing {};

inline Napi::Value undefined(Napi::Env env, Nothing&) { return env.Undefined(); }

/** Work off the JavaScript thread that ends in a promise. Frees itself when it is done. */
template <class Result>
class Task final : public Napi::AsyncWorker {
 public:
  using Work = std::function<Result()>;
  using Convert = std::function<Napi::Value(Napi::Env, Result&)>;

  /** @param work on a worker thread. @param convert on the JavaScript thread, if `work` threw nothing. */
  Task(Napi::Env env, Work work, Convert convert)
      : Napi::AsyncWorker(env),
        work_(std::move(work)),
        convert_(std::move(convert)),
        deferred_(Napi::Promise::Deferred::New(env)) {}

  /** Keeps a JavaScript object alive until the promise is settled. */
  Task& keep(const Napi::Value& value) {
    if (value.IsObject()) kept_.push_back(Napi::Persistent(value.As<Napi::Object>()));
    return *this;
  }
  /** `settling` runs on the JavaScript thread just before the promise is settled. */
  Task& before(std::function<void()> settling) {
    settling_ = std::move(settling);
    return *this;
  }
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    const CallScope scope;
    try {
      result_.emplace(work_());
    } catch (...) {
      error_ = toNativeError(std::current_exception(), scope);
    }
    work_ = nullptr;
  }

  void OnOK() override {
    try {
      if (settling_) settling_();
      if (error_) {
        deferred_.Reject(toJavaScript(Env(), *error_).Value());
      } else if (result_) {
        deferred_.Resolve(convert_(Env(), *result_));
      }
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    } catch (...) {
      deferred_.Reject(toJavaScript(Env(), toNativeError(std::current_exception(), CallScope())).Value());
    }
  }

 private:
  Work work_;
  Convert convert_;
  std::function<void()> settling_;
  Napi::Promise::Deferred deferred_;
  std::vector<Napi::ObjectReference> kept_;
  std::optional<Result> result_;
  std::optional<NativeError> error_;
};

}  // namespace refit
