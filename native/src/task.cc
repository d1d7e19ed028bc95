#include "task.h"

#include <cstring>

#include "device.h"

namespace refit {
namespace {

/** Failures of the engine library, which seldom says why. */
bool isLibrarys(ErrorCode code) {
  switch (code) {
    case ErrorCode::EngineInvalid:
    case ErrorCode::RefitFailed:
    case ErrorCode::WeightsMissing:
    case ErrorCode::SerializeFailed:
    case ErrorCode::SessionFailed:
    case ErrorCode::RunFailed: return true;
    default: return false;
  }
}

/** It tells of memory in its log alone, by these words. Of what it could not read it might say so too, wrongly. */
bool isForWantOfMemory(ErrorCode code, const std::string& log) {
  return (code == ErrorCode::SessionFailed || code == ErrorCode::RunFailed) &&
         (log.find("out of memory") != std::string::npos || log.find("OutOfMemory") != std::string::npos);
}

/** With the cause where it is the GPU's: what is to be done about that is something else. */
NativeError withCause(ErrorCode code, const std::string& message, const std::string& detail) {
  if (!isLibrarys(code)) return {code, message, detail};
  if (const std::string fault = contextFault(); !fault.empty())
    return {ErrorCode::Cuda, message, fault + (detail.empty() ? "" : "\n") + detail};
  return {isForWantOfMemory(code, detail) ? ErrorCode::OutOfVram : code, message, detail};
}

}  // namespace

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
    return withCause(error.code, error.what(), error.detail + between + log);
  } catch (const std::bad_alloc&) {
    return {ErrorCode::OutOfMemory, "The machine's memory is used up.", log};
  } catch (const std::exception& error) {
    return withCause(ErrorCode::RunFailed, error.what(), log);
  } catch (...) {
    // A library may throw what is no std::exception; on a worker thread that would end the process.
    return withCause(ErrorCode::RunFailed, "Native code threw something that is no error.", log);
  }
}

Napi::Value copyToJavaScript(Napi::Env env, const void* data, std::size_t size) {
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, size);
  if (size > 0) std::memcpy(buffer.Data(), data, size);
  return Napi::Uint8Array::New(env, size, buffer, 0);
}

}  // namespace refit
