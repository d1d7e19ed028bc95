#pragma once
#include <NvInferRuntime.h>

#include <memory>

#include "bytes.h"
#include "device.h"

namespace refit {

/**
 * Checks an engine's or a plan's header and deserializes it. `runtime` must outlive the engine.
 * @throws NativeError ENGINE_INVALID with the reasons, OUT_OF_VRAM.
 */
std::unique_ptr<nvinfer1::ICudaEngine> deserialize(nvinfer1::IRuntime& runtime, Bytes bytes, const Device& device);

/** Bytes that one element of `type` takes; 4-bit types count as one. */
std::size_t elementBytes(nvinfer1::DataType type);

}  // namespace refit
