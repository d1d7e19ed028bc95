#pragma once
#include <napi.h>

#include <optional>
#include <string>
#include <vector>

#include "builder.h"
#include "bytes.h"
#include "refit.h"
#include "session.h"
#include "values.h"

/** JavaScript values, checked. Every mismatch throws NativeError BAD_ARGUMENT, "Expected X for name but received Y". */
namespace refit::arguments {

/** Array of Uint8Array, each of the size of its tensor. */
std::vector<Bytes> tensorBytes(const Napi::Value& value, const std::vector<TensorFacts>& tensors, const char* name);
/**
 * A part of an image that lies inside it, in pixels; undefined: none.
 * @param image the tensor that it is a part of; must be uint8 `[1, height, width, channels]`.
 */
std::optional<Crop> crop(const Napi::Value& value, const TensorFacts& image);
/** The `device` of options: a CUDA ordinal, 0 where omitted. */
int deviceOf(const Napi::Object& options);
/** The same of a call that has no other options. @param value undefined gives 0. */
int deviceOption(const Napi::Value& value);
/** undefined gives none. */
std::optional<Napi::Function> optionalFunction(const Napi::Value& value, const char* name);
/** Values whose bytes are used after the call returns: the caller holds references to them until then. */
using Kept = std::vector<Napi::Value>;
/** Uint8Array, or a file's path. */
EngineSource engineSource(const Napi::Value& value, const char* name, Kept& kept);
OnnxFile onnxFile(const Napi::Value& value, const char* name);
/** Uint8Array (an ONNX file's bytes), Map of tensors, or what `onnxFile` takes. */
WeightSource weightSource(const Napi::Value& value, const char* name, Kept& kept);
/** A plan's bytes, or an object: a plan's file and how it is loaded, or an engine and the weights to put into it. */
SessionSource sessionSource(const Napi::Value& value, Kept& kept);
/** @param value undefined gives the defaults. */
RefitOptions refitOptions(const Napi::Value& value);
BuildOptions buildOptions(const Napi::Value& value);
/** @param value undefined gives the defaults. */
SessionOptions sessionOptions(const Napi::Value& value, Kept& kept);

}  // namespace refit::arguments
