#include "refit.h"

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "clock.h"
#include "device.h"
#include "engine.h"
#include "error.h"
#include "loader.h"
#include "parser_errors.h"
#include "runtime.h"

namespace refit {
namespace {

/** The weights that an engine wants, and which of them the ONNX file has given. */
class WantedWeights {
 public:
  explicit WantedWeights(nvinfer1::IRefitter& refitter) : refitter_(refitter) {
    const std::int32_t count = refitter.getAllWeights(0, nullptr);
    std::vector<const char*> names(static_cast<std::size_t>(count > 0 ? count : 0), nullptr);
    if (count > 0) refitter.getAllWeights(count, names.data());
    for (const char* name : names) {
      if (name == nullptr) continue;
      const nvinfer1::Weights prototype = refitter.getWeightsPrototype(name);
      const std::int64_t bytes =
          prototype.count > 0 ? prototype.count * static_cast<std::int64_t>(elementBytes(prototype.type)) : 0;
      if (!weights_.emplace(name, Weight{bytes, false}).second) continue;
      progress_.bytesTotal += bytes;
      progress_.weightsTotal++;
    }
  }

  /** @returns whether this was news. */
  bool give(const char* name) {
    const auto found = weights_.find(name == nullptr ? "" : name);
    if (found == weights_.end() || found->second.given) return false;
    found->second.given = true;
    progress_.weightsDone++;
    progress_.bytesDone += found->second.bytes;
    return true;
  }

  /**
   * Names without weights, by three witnesses: the refitter's own list, which may say too little, and, of each name
   * that the observer did not see, what the refitter holds.
   */
  std::vector<std::string> missing() const {
    std::vector<std::string> names;
    const std::int32_t count = refitter_.getMissingWeights(0, nullptr);
    if (count > 0) {
      std::vector<const char*> list(static_cast<std::size_t>(count), nullptr);
      refitter_.getMissingWeights(count, list.data());
      for (const char* name : list) names.emplace_back(name == nullptr ? "(unnamed)" : name);
    }
    for (const auto& [name, weight] : weights_)
      if (!weight.given && refitter_.getNamedWeights(name.c_str()).values == nullptr) names.push_back(name);
    return names;
  }

  const RefitProgress& progress() const { return progress_; }

 private:
  struct Weight {
    std::int64_t bytes;
    bool given;
  };
  nvinfer1::IRefitter& refitter_;
  std::unordered_map<std::string, Weight> weights_;
  RefitProgress progress_;
};

/** What putting weights back leaves behind: let go of once the plan is written, since that alone takes 0.1 s (H100). */
struct Refitting {
  std::unique_ptr<nvinfer1::IRefitter> refitter;
  /** Holds the weights that the refitter refers to, so it lives until they are in the engine. */
  std::unique_ptr<nvonnxparser::IParserRefitter> parser;
};

Refitting putWeights(nvinfer1::ICudaEngine& engine, Bytes onnx,
                     const std::function<void(const RefitProgress&)>& onProgress, Refitted& result) {
  Refitting tools;
  tools.refitter = engineLibrary().createRefitter(engine);
  tools.refitter->setMaxThreads(4);
  tools.parser = parserLibrary().createParserRefitter(*tools.refitter);
  const auto& [refitter, parser] = tools;
  WantedWeights wanted(*refitter);
  if (wanted.progress().weightsTotal == 0)
    throw NativeError(ErrorCode::EngineInvalid, "This engine was not built to take weights.");
  onProgress(wanted.progress());
  {
    std::mutex mutex;
    const runtime::WeightObserver observer(*parser, [&](const char* name) {
      const std::lock_guard lock(mutex);
      if (wanted.give(name)) onProgress(wanted.progress());
    });
    const bool read = parser->refitFromBytes(onnx.data, onnx.size);
    if (!read)
      throw NativeError(ErrorCode::RefitFailed, "The weights of this ONNX file do not fit the engine.",
                        parserErrors(*parser));
  }
  const std::vector<std::string> missing = wanted.missing();
  if (!missing.empty()) {
    std::string detail;
    for (const std::string& name : missing) detail += (detail.empty() ? "missing: " : "\nmissing: ") + name;
    throw NativeError(ErrorCode::WeightsMissing,
                      "The ONNX file lacks " + std::to_string(missing.size()) + " of the engine's weights.", detail);
  }
  if (!refitter->refitCudaEngine())
    throw NativeError(ErrorCode::RefitFailed, "The engine library could not put the weights into the engine.");
  result.weights = wanted.progress().weightsTotal;
  result.weightBytes = wanted.progress().bytesTotal;
  RefitProgress done = wanted.progress();
  done.weightsDone = done.weightsTotal;
  done.bytesDone = done.bytesTotal;
  onProgress(done);
  return tools;
}

std::unique_ptr<nvinfer1::IHostMemory> serialize(nvinfer1::ICudaEngine& engine) {
  using nvinfer1::SerializationFlag;
  const std::unique_ptr<nvinfer1::ISerializationConfig> config(engine.createSerializationConfig());
  // Left set, the plan would hold no weights, load, run and give a wrong picture.
  if (config) config->clearFlag(SerializationFlag::kEXCLUDE_WEIGHTS);
  if (!config || config->getFlag(SerializationFlag::kEXCLUDE_WEIGHTS))
    throw NativeError(ErrorCode::SerializeFailed,
                      "The engine library refuses to serialize the engine with its weights.");
  std::unique_ptr<nvinfer1::IHostMemory> plan(engine.serializeWithConfig(*config));
  if (!plan || plan->size() == 0)
    throw NativeError(ErrorCode::SerializeFailed, "The engine library could not serialize the engine.");
  return plan;
}

}  // namespace

Refitted refitEngine(Bytes engineBytes, Bytes onnx, int deviceIndex,
                     const std::function<void(const RefitProgress&)>& onProgress) {
  const EngineLibrary& engines = engineLibrary();
  parserLibrary();
  // The driver is asked before the engine library: without one, some versions of it crash.
  const Device device = Device::open(deviceIndex);
  device.makeCurrent();
  if (onnx.size == 0) throw NativeError(ErrorCode::RefitFailed, "The ONNX file is empty.");

  Refitted result;
  const Stopwatch deserializing;
  const auto runtime = engines.createRuntime();
  const auto engine = deserialize(*runtime, engineBytes, device);
  result.deserializeMs = deserializing.elapsedMs();

  const Stopwatch refitting;
  const Refitting tools = putWeights(*engine, onnx, onProgress, result);
  result.refitMs = refitting.elapsedMs();

  const Stopwatch serializing;
  result.plan = serialize(*engine);
  result.serializeMs = serializing.elapsedMs();
  return result;
}

}  // namespace refit
