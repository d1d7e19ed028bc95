#include "refit.h"

#include "clock.h"
#include "device.h"
#include "error.h"
#include "file.h"
#include "loader.h"

namespace refit {
namespace {

std::unique_ptr<nvinfer1::IHostMemory> serialize(nvinfer1::ICudaEngine& engine, bool keepRefittable) {
  using nvinfer1::SerializationFlag;
  const std::unique_ptr<nvinfer1::ISerializationConfig> config(engine.createSerializationConfig());
  // Left set, the plan would hold no weights, load, run and give a wrong picture.
  if (config) config->clearFlag(SerializationFlag::kEXCLUDE_WEIGHTS);
  if (!config || config->getFlag(SerializationFlag::kEXCLUDE_WEIGHTS))
    throw NativeError(ErrorCode::SerializeFailed,
                      "The engine library refuses to serialize the engine with its weights.");
  if (keepRefittable && !config->setFlag(SerializationFlag::kINCLUDE_REFIT))
    throw NativeError(ErrorCode::SerializeFailed,
                      "The engine library refuses to keep the engine open for new weights.");
  std::unique_ptr<nvinfer1::IHostMemory> plan(engine.serializeWithConfig(*config));
  if (!plan || plan->size() == 0)
    throw NativeError(ErrorCode::SerializeFailed, "The engine library could not serialize the engine.");
  return plan;
}

}  // namespace

Refitted refitEngine(const EngineSource& source, const WeightSource& weights, const RefitOptions& options,
                     const OnRefitProgress& onProgress) {
  const EngineLibrary& engines = engineLibrary();
  if (std::holds_alternative<OnnxSource>(weights)) parserLibrary();
  // The driver is asked before the engine library: without one, some versions of it crash.
  const Device device = Device::open(options.device);
  device.makeCurrent();

  Refitted result;
  const Stopwatch deserializing;
  const auto runtime = engines.createRuntime();
  const LoadedEngine loaded = deserialize(*runtime, source, device);
  result.deserializeMs = deserializing.elapsedMs();

  const Stopwatch refitting;
  PutWeights put = putWeights(*loaded.engine, weights, options.changedOnly, onProgress);
  result.refitMs = refitting.elapsedMs();
  // Freed after the plan is made, since to free it takes 0.1 s (H100). Where it is large, freed first, for the memory.
  constexpr std::int64_t kLargeBytes = std::int64_t{1} << 30;
  if (put.weightBytes > kLargeBytes) put.leftovers.reset();
  result.weights = put.weights;
  result.weightBytes = put.weightBytes;
  result.sources = std::move(put.sources);

  const Stopwatch serializing;
  result.plan = serialize(*loaded.engine, options.keepRefittable);
  result.planBytes = result.plan->size();
  result.serializeMs = serializing.elapsedMs();
  if (options.planFile.empty()) return result;

  const Stopwatch writing;
  writeFile(options.planFile, {static_cast<const std::uint8_t*>(result.plan->data()), result.planBytes});
  result.writeMs = writing.elapsedMs();
  result.plan.reset();
  return result;
}

}  // namespace refit
