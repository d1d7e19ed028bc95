#pragma once
#include <stdexcept>
#include <string>

namespace refit {

/** The closed list of binding.d.ts; `codeName` gives the very strings. */
enum class ErrorCode {
  BadArgument,
  LibraryMissing,
  LibraryVersion,
  DriverMissing,
  GpuMissing,
  Cuda,
  OutOfVram,
  OutOfMemory,
  FileFailed,
  FileFull,
  OnnxInvalid,
  BuildFailed,
  EngineInvalid,
  RefitFailed,
  WeightsMissing,
  SerializeFailed,
  SessionFailed,
  SessionClosed,
  RunFailed,
};

inline const char* codeName(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::BadArgument: return "BAD_ARGUMENT";
    case ErrorCode::LibraryMissing: return "LIBRARY_MISSING";
    case ErrorCode::LibraryVersion: return "LIBRARY_VERSION";
    case ErrorCode::DriverMissing: return "DRIVER_MISSING";
    case ErrorCode::GpuMissing: return "GPU_MISSING";
    case ErrorCode::Cuda: return "CUDA";
    case ErrorCode::OutOfVram: return "OUT_OF_VRAM";
    case ErrorCode::OutOfMemory: return "OUT_OF_MEMORY";
    case ErrorCode::FileFailed: return "FILE_FAILED";
    case ErrorCode::FileFull: return "FILE_FULL";
    case ErrorCode::OnnxInvalid: return "ONNX_INVALID";
    case ErrorCode::BuildFailed: return "BUILD_FAILED";
    case ErrorCode::EngineInvalid: return "ENGINE_INVALID";
    case ErrorCode::RefitFailed: return "REFIT_FAILED";
    case ErrorCode::WeightsMissing: return "WEIGHTS_MISSING";
    case ErrorCode::SerializeFailed: return "SERIALIZE_FAILED";
    case ErrorCode::SessionFailed: return "SESSION_FAILED";
    case ErrorCode::SessionClosed: return "SESSION_CLOSED";
    case ErrorCode::RunFailed: return "RUN_FAILED";
  }
  return "RUN_FAILED";
}

/** Thrown everywhere below the JavaScript boundary. `detail` may be left empty: `CallScope` adds what else is known. */
class NativeError : public std::runtime_error {
 public:
  NativeError(ErrorCode code, const std::string& message, std::string detail = {})
      : std::runtime_error(message), code(code), detail(std::move(detail)) {}

  ErrorCode code;
  std::string detail;
};

}  // namespace refit
