#pragma once
#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bytes.h"
#include "device.h"

/**
 * What differs between engine libraries. Each has a `runtime_<name>.cc` that implements this, and CMake's REFIT_RUNTIME
 * picks one; nothing else in these sources may name a runtime.
 */
namespace refit::runtime {

/** As catalog entries write it, "tensorrt-rtx 1.6.1". */
std::string nameAndVersion();
/** major × 10000 + minor × 100 + patch: the version that the library's entry points take and return. */
extern const std::int32_t kVersion;
extern const char* const kEngineLibraryFile;
extern const char* const kParserLibraryFile;

/** Flags of every network: strongly typed, so that the ONNX file decides the precision. */
extern const nvinfer1::NetworkDefinitionCreationFlags kNetworkFlags;
/**
 * Whether parsers are handed initializers that lie outside their ONNX file. Where not, the library opens what the file
 * names, beside it: the caller has checked that it names nothing else.
 */
extern const bool kTakesExternalTensors;

/** Whether the engine library itself is linked to the driver's, so that without a driver nothing of it works, no build
 * either. */
extern const bool kOpensWithDriverOnly;
/** Whether full plans can be built where there is no GPU; a library that cannot would end the process. */
extern const bool kBuildsWithoutGpu;

/** Sets the GPUs to build for, as SM numbers; none leaves the library's default. @throws NativeError BAD_ARGUMENT. */
void setTargets(nvinfer1::IBuilderConfig& config, const std::vector<int>& computeCapabilities);

/** Whether the library knows GPUs of this compute capability by name, so that its header check is right about them. */
bool knowsCapability(int sm);

/** As much of an engine as `invalidityReasons` reads. */
std::size_t headerBytes(const nvinfer1::IRuntime& runtime);

/** Checks an engine's header against this machine. @returns plain reasons of its being invalid, none if it is valid. */
std::vector<std::string> invalidityReasons(const nvinfer1::IRuntime& runtime, Bytes engine);

/** Deserializes an engine as it is read. @returns nullptr if the library refuses. */
std::unique_ptr<nvinfer1::ICudaEngine> deserialize(nvinfer1::IRuntime& runtime, nvinfer1::IStreamReaderV2& engine);

/**
 * Engines that `runtime` deserializes from now on take their weights later, by `loadWeights`.
 * @throws NativeError BAD_ARGUMENT where the library cannot.
 */
void deferWeights(nvinfer1::IRuntime& runtime);
/** Puts the copies of a deferred engine's weights into `stream`; contexts may have been made before. @returns false on
 * a fault. */
bool loadWeights(nvinfer1::ICudaEngine& engine, nvinfer1::IStreamReaderV2& plan, const Stream& stream);

/** Sees each weight that a parser refitter puts into the engine; must outlive the refit call. */
class WeightObserver {
 public:
  /** The engine's name of a weight, and the ONNX initializers that it is made of. */
  using OnWeight = std::function<void(const char* name, const std::vector<const char*>& sources)>;
  WeightObserver(nvonnxparser::IParserRefitter& refitter, OnWeight onWeight);
  ~WeightObserver();
  WeightObserver(const WeightObserver&) = delete;
  WeightObserver& operator=(const WeightObserver&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/** Makes execution contexts and holds what must outlive them: their configuration and the compiled kernels. */
class ContextMaker {
 public:
  /**
   * @param cache compiled kernels of an earlier time; empty or unfit (of another GPU or driver, damaged): compile.
   * @param cudaGraph launch the network as one CUDA graph.
   * @throws NativeError SESSION_FAILED.
   */
  ContextMaker(nvinfer1::ICudaEngine& engine, Bytes cache, bool cudaGraph);
  ~ContextMaker();
  ContextMaker(const ContextMaker&) = delete;
  ContextMaker& operator=(const ContextMaker&) = delete;

  /** nullptr if the library refuses. */
  std::unique_ptr<nvinfer1::IExecutionContext> create(nvinfer1::ICudaEngine& engine);
  /** Whether the library took the cache that was given. */
  bool cacheUsed() const;
  /** The kernels compiled so far. @throws NativeError SESSION_FAILED. */
  std::unique_ptr<nvinfer1::IHostMemory> serializeCache() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace refit::runtime
