#pragma once
#include <memory>
#include <string>
#include <vector>

#include <NvInferRuntime.h>

#include "engine.h"
#include "weights.h"

namespace refit {

struct RefitOptions {
  /** CUDA ordinal. */
  int device = 0;
  /** Serialize so that the plan takes weights again (kINCLUDE_REFIT), where the engine was built with kREFIT. */
  bool keepRefittable = false;
  /** The engine has weights already; tensors that are not given stay. */
  bool changedOnly = false;
  /** The file that the plan is written to; empty: it stays in memory. */
  std::string planFile;
};

struct Refitted {
  /** With weights; none where it was written to a file. */
  std::unique_ptr<nvinfer1::IHostMemory> plan;
  std::size_t planBytes = 0;
  int weights = 0;
  std::int64_t weightBytes = 0;
  std::vector<std::string> sources;
  /** Wall clock. */
  double deserializeMs = 0;
  double refitMs = 0;
  double serializeMs = 0;
  double writeMs = 0;
};

/**
 * Puts weights into an engine and serializes it with them. The engine is a stripped one, or a refittable plan whose
 * weights are to be others.
 * @throws NativeError DRIVER_MISSING, GPU_MISSING, LIBRARY_MISSING, ENGINE_INVALID, SERIALIZE_FAILED, OUT_OF_VRAM,
 * CUDA, and what `putWeights` and `writeFile` throw. After a failure the engine must not be used.
 */
Refitted refitEngine(const EngineSource& engine, const WeightSource& weights, const RefitOptions& options,
                     const OnRefitProgress& onProgress);

}  // namespace refit
