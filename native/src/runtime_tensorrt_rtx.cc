#include "error.h"
#include "runtime.h"

#include <algorithm>
#include <iterator>

namespace refit::runtime {

std::string nameAndVersion() {
  return "tensorrt-rtx " + std::to_string(NV_TENSORRT_MAJOR) + "." + std::to_string(NV_TENSORRT_MINOR) + "." +
         std::to_string(NV_TENSORRT_PATCH);
}

const std::int32_t kVersion = NV_TENSORRT_VERSION;

// TensorRT-RTX has strongly typed networks only, and no flag for them.
const nvinfer1::NetworkDefinitionCreationFlags kNetworkFlags = 0;
const bool kTakesExternalTensors = true;
const bool kBuildsWithoutGpu = true;
#ifdef _WIN32
const bool kOpensWithDriverOnly = true;
#else
const bool kOpensWithDriverOnly = false;
#endif

#define REFIT_TEXT_OF(x) #x
#define REFIT_TEXT(x) REFIT_TEXT_OF(x)
#ifdef _WIN32
#define REFIT_DLL_VERSION REFIT_TEXT(TRT_MAJOR_RTX) "_" REFIT_TEXT(TRT_MINOR_RTX)
const char* const kEngineLibraryFile = "tensorrt_rtx_" REFIT_DLL_VERSION ".dll";
const char* const kParserLibraryFile = "tensorrt_onnxparser_rtx_" REFIT_DLL_VERSION ".dll";
#else
const char* const kEngineLibraryFile = "libtensorrt_rtx.so." REFIT_TEXT(TRT_MAJOR_RTX);
const char* const kParserLibraryFile = "libtensorrt_onnxparser_rtx.so." REFIT_TEXT(TRT_MAJOR_RTX);
#endif

namespace {

using nvinfer1::ComputeCapability;
constexpr ComputeCapability kKnown[] = {ComputeCapability::kSM75, ComputeCapability::kSM80,  ComputeCapability::kSM86,
                                        ComputeCapability::kSM89, ComputeCapability::kSM120, ComputeCapability::kSM121};

/** Finds the enumerator of an SM number, which is its value. */
const ComputeCapability* findCapability(int sm) {
  const auto* const found =
      std::find_if(std::begin(kKnown), std::end(kKnown), [&](auto known) { return static_cast<int>(known) == sm; });
  return found == std::end(kKnown) ? nullptr : found;
}

ComputeCapability capabilityOf(int sm) {
  if (const ComputeCapability* const found = findCapability(sm)) return *found;
  throw NativeError(ErrorCode::BadArgument,
                    "Expected 75, 80, 86, 89, 120 or 121 for a compute capability but received " + std::to_string(sm));
}

}  // namespace

void setTargets(nvinfer1::IBuilderConfig& config, const std::vector<int>& computeCapabilities) {
  if (computeCapabilities.empty()) return;
  const auto count = static_cast<std::int32_t>(computeCapabilities.size());
  bool accepted = config.setNbComputeCapabilities(count);
  for (std::int32_t i = 0; i < count; i++)
    accepted =
        config.setComputeCapability(capabilityOf(computeCapabilities[static_cast<std::size_t>(i)]), i) && accepted;
  if (!accepted)
    throw NativeError(ErrorCode::BadArgument, "The engine library refuses this list of compute capabilities.");
}

bool knowsCapability(int sm) { return findCapability(sm) != nullptr; }

std::size_t headerBytes(const nvinfer1::IRuntime& runtime) {
  return static_cast<std::size_t>(std::max<std::int64_t>(runtime.getEngineHeaderSize(), 0));
}

std::vector<std::string> invalidityReasons(const nvinfer1::IRuntime& runtime, Bytes engine) {
  using Why = nvinfer1::EngineInvalidityDiagnostics;
  // The library reads a whole header without looking at the size.
  if (engine.size < headerBytes(runtime)) return {"malformed"};
  std::uint64_t diagnostics = 0;
  if (runtime.getEngineValidity(engine.data, static_cast<std::int64_t>(engine.size), &diagnostics) !=
      nvinfer1::EngineValidity::kINVALID)
    return {};
  std::vector<std::string> reasons;
  const auto add = [&](std::uint64_t bits, const char* reason) {
    if ((diagnostics & bits) != 0) reasons.emplace_back(reason);
    diagnostics &= ~bits;
  };
  const auto bit = [](Why why) { return static_cast<std::uint64_t>(why); };
  add(bit(Why::kVERSION_MISMATCH), "version");
  add(bit(Why::kUNSUPPORTED_CC), "computeCapability");
  add(bit(Why::kOLD_CUDA_DRIVER) | bit(Why::kOLD_CUDA_RUNTIME) | bit(Why::kCUDA_ERROR), "driver");
  add(bit(Why::kINSUFFICIENT_GPU_MEMORY), "memory");
  add(bit(Why::kMALFORMED_ENGINE), "malformed");
  if (diagnostics != 0 || reasons.empty()) reasons.emplace_back("other");
  return reasons;
}

std::unique_ptr<nvinfer1::ICudaEngine> deserialize(nvinfer1::IRuntime& runtime, nvinfer1::IStreamReaderV2& engine) {
  return std::unique_ptr<nvinfer1::ICudaEngine>(runtime.deserializeCudaEngine(engine));
}

void deferWeights(nvinfer1::IRuntime& runtime) { runtime.setDeferredWeightsLoading(true); }

bool loadWeights(nvinfer1::ICudaEngine& engine, nvinfer1::IStreamReaderV2& plan, const Stream& stream) {
  return engine.loadWeightsAsync(plan, stream.get());
}

class WeightObserver::Impl final : public nvonnxparser::IRefitterObserver {
 public:
  Impl(nvonnxparser::IParserRefitter& refitter, OnWeight onWeight)
      : refitter_(refitter), onWeight_(std::move(onWeight)) {
    refitter_.setRefitObserver(this);
  }
  ~Impl() override { refitter_.setRefitObserver(nullptr); }

  void onRefittableWeight(const nvonnxparser::RefitRecord& record) noexcept override {
    try {
      onWeight_(record.trtName, {record.sourceOnnxNames, record.sourceOnnxNames + record.nbSources});
    } catch (...) {
      // A weight that is missed here is asked for again after the refit.
    }
  }

 private:
  nvonnxparser::IParserRefitter& refitter_;
  OnWeight onWeight_;
};

WeightObserver::WeightObserver(nvonnxparser::IParserRefitter& refitter, OnWeight onWeight)
    : impl_(std::make_unique<Impl>(refitter, std::move(onWeight))) {}

WeightObserver::~WeightObserver() = default;

struct ContextMaker::Impl {
  // Declared first and so destroyed last: the process crashes if anything still refers to the cache.
  std::unique_ptr<nvinfer1::IRuntimeCache> cache;
  std::unique_ptr<nvinfer1::IRuntimeConfig> config;
  bool cacheUsed = false;
};

ContextMaker::ContextMaker(nvinfer1::ICudaEngine& engine, Bytes cache, bool cudaGraph)
    : impl_(std::make_unique<Impl>()) {
  impl_->config.reset(engine.createRuntimeConfig());
  if (impl_->config) impl_->cache.reset(impl_->config->createRuntimeCache());
  if (!impl_->cache)
    throw NativeError(ErrorCode::SessionFailed, "The engine library refuses to create a runtime cache.");
  impl_->cacheUsed = cache.size > 0 && impl_->cache->deserialize(cache.data, cache.size);
  const auto strategy =
      cudaGraph ? nvinfer1::CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE : nvinfer1::CudaGraphStrategy::kDISABLED;
  if (!impl_->config->setRuntimeCache(*impl_->cache) || !impl_->config->setCudaGraphStrategy(strategy))
    throw NativeError(ErrorCode::SessionFailed, "The engine library refuses the runtime configuration.");
}

ContextMaker::~ContextMaker() = default;

std::unique_ptr<nvinfer1::IExecutionContext> ContextMaker::create(nvinfer1::ICudaEngine& engine) {
  return std::unique_ptr<nvinfer1::IExecutionContext>(engine.createExecutionContext(impl_->config.get()));
}

bool ContextMaker::cacheUsed() const { return impl_->cacheUsed; }

std::unique_ptr<nvinfer1::IHostMemory> ContextMaker::serializeCache() const {
  std::unique_ptr<nvinfer1::IHostMemory> bytes(impl_->cache->serialize());
  if (!bytes || bytes->size() == 0) throw NativeError(ErrorCode::SessionFailed, "Nothing was compiled yet.");
  return bytes;
}

}  // namespace refit::runtime
