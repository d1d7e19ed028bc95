/**
 * TensorRT 10.6, the data-centre library, for comparison. Compiled against headers of 10.16, which only append to what
 * 10.6 has: nothing newer than 10.6 may be called here, and what 10.6 lacks fails with an error.
 */
#include "error.h"
#include "runtime.h"

namespace refit::runtime {
namespace {

constexpr std::int32_t kMajor = 10;
constexpr std::int32_t kMinor = 6;
constexpr std::int32_t kPatch = 0;

}  // namespace

std::string nameAndVersion() {
  return "tensorrt " + std::to_string(kMajor) + "." + std::to_string(kMinor) + "." + std::to_string(kPatch);
}

const std::int32_t kVersion = kMajor * 10000 + kMinor * 100 + kPatch;

const nvinfer1::NetworkDefinitionCreationFlags kNetworkFlags =
    1U << static_cast<std::uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
const bool kTakesExternalTensors = false;
const bool kBuildsWithoutGpu = false;
const bool kOpensWithDriverOnly = false;

#ifdef _WIN32
const char* const kEngineLibraryFile = "nvinfer_10.dll";
const char* const kParserLibraryFile = "nvonnxparser_10.dll";
#else
const char* const kEngineLibraryFile = "libnvinfer.so.10";
const char* const kParserLibraryFile = "libnvonnxparser.so.10";
#endif

void setTargets(nvinfer1::IBuilderConfig&, const std::vector<int>& computeCapabilities) {
  if (!computeCapabilities.empty())
    throw NativeError(ErrorCode::BadArgument, nameAndVersion() + " builds for the GPU that it runs on, for no other.");
}

bool knowsCapability(int) { return true; }

std::size_t headerBytes(const nvinfer1::IRuntime&) { return 0; }

// 10.6 cannot check an engine's header: loading decides.
std::vector<std::string> invalidityReasons(const nvinfer1::IRuntime&, Bytes) { return {}; }

namespace {

/** Reads a plan into the host's memory, which is all that 10.6 can ask for. */
class HostReader final : public nvinfer1::IStreamReader {
 public:
  explicit HostReader(nvinfer1::IStreamReaderV2& from) : from_(from) {}
  std::int64_t read(void* destination, std::int64_t bytes) override { return from_.read(destination, bytes, nullptr); }

 private:
  nvinfer1::IStreamReaderV2& from_;
};

}  // namespace

// Deprecated in the headers, since 10.7 brought the next reader; 10.6 has no other.
#ifdef _MSC_VER
#pragma warning(disable : 4996)
#else
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
std::unique_ptr<nvinfer1::ICudaEngine> deserialize(nvinfer1::IRuntime& runtime, nvinfer1::IStreamReaderV2& engine) {
  HostReader reader(engine);
  return std::unique_ptr<nvinfer1::ICudaEngine>(runtime.deserializeCudaEngine(reader));
}

void deferWeights(nvinfer1::IRuntime&) {
  throw NativeError(ErrorCode::BadArgument, nameAndVersion() + " loads weights with the plan, not later.");
}

bool loadWeights(nvinfer1::ICudaEngine&, nvinfer1::IStreamReaderV2&, const Stream&) { return false; }

// 10.6 does not report which weights it set; missingOfAll() asks the refitter afterwards.
class WeightObserver::Impl {};
WeightObserver::WeightObserver(nvonnxparser::IParserRefitter&, OnWeight) {}
WeightObserver::~WeightObserver() = default;

// Plans contain compiled kernels, so there is no runtime cache.
struct ContextMaker::Impl {};

ContextMaker::ContextMaker(nvinfer1::ICudaEngine&, Bytes, bool cudaGraph) {
  if (cudaGraph) throw NativeError(ErrorCode::SessionFailed, nameAndVersion() + " records no CUDA graph by itself.");
}

ContextMaker::~ContextMaker() = default;

std::unique_ptr<nvinfer1::IExecutionContext> ContextMaker::create(nvinfer1::ICudaEngine& engine) {
  return std::unique_ptr<nvinfer1::IExecutionContext>(engine.createExecutionContext());
}

bool ContextMaker::cacheUsed() const { return false; }

std::unique_ptr<nvinfer1::IHostMemory> ContextMaker::serializeCache() const {
  throw NativeError(ErrorCode::SessionFailed, nameAndVersion() + " compiles no kernels when a session opens.");
}

}  // namespace refit::runtime
