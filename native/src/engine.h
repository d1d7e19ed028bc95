#pragma once
#include <NvInferRuntime.h>

#include <memory>
#include <string>
#include <variant>

#include "bytes.h"
#include "device.h"
#include "plan_reader.h"

namespace refit {

/** An engine or a plan: in memory, or the path of its file, which is then read without a copy on the host. */
using EngineSource = std::variant<Bytes, std::string>;

/** An engine and what it was read from. */
struct LoadedEngine {
  /** None where it came from memory. */
  std::unique_ptr<PlanReader> reader;
  std::unique_ptr<nvinfer1::ICudaEngine> engine;
};

/**
 * Checks an engine's or a plan's header and deserializes it. `runtime` must outlive the engine.
 * @throws NativeError ENGINE_INVALID with the reasons, OUT_OF_VRAM, FILE_FAILED.
 */
LoadedEngine deserialize(nvinfer1::IRuntime& runtime, const EngineSource& source, const Device& device);

/** Bytes that one element of `type` takes; 4-bit types count as one. */
std::size_t elementBytes(nvinfer1::DataType type);

/** As binding.d.ts names it, "float32". */
const char* dtypeName(nvinfer1::DataType type);

}  // namespace refit
