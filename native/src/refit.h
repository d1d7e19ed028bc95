#pragma once
#include <functional>
#include <memory>

#include <NvInferRuntime.h>

#include "bytes.h"

namespace refit {

struct RefitProgress {
  int weightsDone = 0;
  int weightsTotal = 0;
  std::int64_t bytesDone = 0;
  std::int64_t bytesTotal = 0;
};

struct Refitted {
  /** With weights. */
  std::unique_ptr<nvinfer1::IHostMemory> plan;
  int weights = 0;
  std::int64_t weightBytes = 0;
  /** Wall clock. */
  double deserializeMs = 0;
  double refitMs = 0;
  double serializeMs = 0;
};

/**
 * Puts the weights of `onnx` into the stripped `engine` and serializes it with them.
 * @param device CUDA ordinal.
 * @throws NativeError DRIVER_MISSING, GPU_MISSING, LIBRARY_MISSING, ENGINE_INVALID, REFIT_FAILED, WEIGHTS_MISSING,
 * SERIALIZE_FAILED, OUT_OF_VRAM, CUDA. After any of the last six the engine is gone; none of it is used further.
 */
Refitted refitEngine(Bytes engine, Bytes onnx, int device, const std::function<void(const RefitProgress&)>& onProgress);

}  // namespace refit
