#include "task.h"

#include <cstring>

namespace refit {

Napi::Error toJavaScript(Napi::Env env, const NativeError& error) {
  Napi::Error value = Napi::Error::New(env, error.what());
  value.Set("code", Napi::String::New(env, codeName(error.code)));
  value.Set("detail", Napi::String::New(env, error.detail));
  return value;
}

NativeError toNativeError(const std::exception_ptr& thrown, const CallScope& scope) {
  try {
    std::rethrow_exception(thrown);
  } catch (const NativeError& error) {
    return scope.explained(error);
  } catch (const std::bad_alloc&) {
    return scope.explained({ErrorCode::OutOfMemory, "The machine's memory is used up."});
  } catch (const std::exception& error) {
    return scope.explained({ErrorCode::RunFailed, error.what()});
  } catch (...) {
    // A library may throw something other than a std::exception, which would end the process on a worker thread.
    return scope.explained({ErrorCode::RunFailed, "Native code threw something that is no error."});
  }
}

Napi::Value copyToJavaScript(Napi::Env env, const void* data, std::size_t size) {
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, size);
  if (size > 0) std::memcpy(buffer.Data(), data, size);
  return Napi::Uint8Array::New(env, size, buffer, 0);
}

}  // namespace refit
