#pragma once
#include <functional>
#include <memory>
#include <vector>

#include <NvInferRuntime.h>

#include "onnx_source.h"

namespace refit {

enum class RefitMode { None, Identical, Any };

struct BuildOptions {
  bool strip = false;
  RefitMode refit = RefitMode::None;
  /** SM numbers; empty: the library's default. */
  std::vector<int> computeCapabilities;
  /** Pixels; 0: the network's own shapes, which must be fixed. */
  int height = 0;
  int width = 0;
  /** CUDA ordinal of the GPU to build on, where there is one. */
  int device = 0;
};

/**
 * Parses `onnx`, fixes the first input's shape to `[1, height, width, 3]` where the options have one, and builds.
 * @param onProgress called with 0…1, never less than before, from any thread.
 * @throws NativeError LIBRARY_MISSING, DRIVER_MISSING and GPU_MISSING (stripped only), ONNX_INVALID,
 * FILE_FAILED, BUILD_FAILED.
 */
std::unique_ptr<nvinfer1::IHostMemory> buildEngine(const OnnxSource& onnx, const BuildOptions& options,
                                                   const std::function<void(double fraction)>& onProgress);

}  // namespace refit
