#pragma once
#include <NvInferRuntime.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "onnx_source.h"

namespace refit {

/** Weights by the names that the engine has for them. */
using NamedTensors = std::vector<std::pair<std::string, Bytes>>;

/** Where an engine's weights come from: the ONNX parser finds them, or the caller has them. */
using WeightSource = std::variant<OnnxSource, NamedTensors>;

struct RefitProgress {
  int weightsDone = 0;
  int weightsTotal = 0;
  std::int64_t bytesDone = 0;
  std::int64_t bytesTotal = 0;
};
using OnRefitProgress = std::function<void(const RefitProgress&)>;

struct WeightFacts {
  std::string name;
  nvinfer1::DataType type;
  std::int64_t count = 0;
  std::int64_t bytes = 0;
};

/** What an engine takes, by name. @throws NativeError ENGINE_INVALID for one that was not built to take weights. */
std::vector<WeightFacts> engineWeights(nvinfer1::ICudaEngine& engine);

struct PutWeights {
  int weights = 0;
  std::int64_t weightBytes = 0;
  /** Names of the ONNX initializers that weights were made of; none where the caller had the weights. */
  std::vector<std::string> sources;
  /** What the refit needed. To free it takes time, so the caller chooses when, before it frees the engine. */
  std::shared_ptr<const void> leftovers;
};

/**
 * Puts weights into an engine. Every weight must come.
 * @param changedOnly the engine has weights already, and tensors are only those that change.
 * @throws NativeError ENGINE_INVALID, FILE_FAILED, ONNX_INVALID, REFIT_FAILED, WEIGHTS_MISSING; BAD_ARGUMENT for a
 * tensor that the engine does not have or of another size. The engine is of no use then.
 */
PutWeights putWeights(nvinfer1::ICudaEngine& engine, const WeightSource& source, bool changedOnly,
                      const OnRefitProgress& onProgress);

}  // namespace refit
