#include "task.h"

#include <cstring>

namespace refit {

Napi::Error toJavaScript(Napi::Env env, const NativeError& error) {
  Napi::Error value = Napi::Error::New(env, error.what());
  value.Set("code", Napi::String::New(env, codeName(error.code)));
  value.Set("detail", Napi::String::New(env, error.detail));
  return value;
}

NativeError toNativeError(const std::exception_ptr& thrown, const std::string& log) {
  try {
    std::rethrow_exception(thrown);
  } catch (const NativeError& error) {
    const char* const between = error.detail.empty() || log.empty() ? "" : "\n";
    return {error.code, error.what(), error.detail + between + log};
  } catch (const std::bad_alloc&) {
    return {ErrorCode::OutOfMemory, "The machine's memory is used up.", log};
  } catch (const std::exception& error) {
    return {ErrorCode::RunFailed, error.what(), log};
  }
}

Napi::Value copyToJavaScript(Napi::Env env, const void* data, std::size_t size) {
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, size);
  if (size > 0) std::memcpy(buffer.Data(), data, size);
  return Napi::Uint8Array::New(env, size, buffer, 0);
}

}  // namespace refit
