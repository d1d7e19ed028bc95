#pragma once
#include <napi.h>

#include <optional>
#include <string>
#include <vector>

#include "builder.h"
#include "bytes.h"
#include "session.h"

/** JavaScript values, checked. Every mismatch throws NativeError BAD_ARGUMENT, "Expected X for name but received Y". */
namespace refit::arguments {

/** The bytes stay JavaScript's: keep the value referenced while they are used. */
Bytes bytes(const Napi::Value& value, const char* name);
/** Array of Uint8Array of the sizes that `tensors` say. */
std::vector<Bytes> tensorBytes(const Napi::Value& value, const std::vector<TensorFacts>& tensors, const char* name);
/**
 * A part of an image that lies inside it, in pixels; undefined: none.
 * @param image the tensor that it is a part of; must be uint8 `[1, height, width, channels]`.
 */
std::optional<Crop> crop(const Napi::Value& value, const TensorFacts& image);
std::string text(const Napi::Value& value, const char* name);
int integer(const Napi::Value& value, int least, int most, const char* name);
/** A CUDA ordinal; undefined is 0. */
int device(const Napi::Value& value);
/** undefined gives none. */
std::optional<Napi::Function> optionalFunction(const Napi::Value& value, const char* name);
BuildOptions buildOptions(const Napi::Value& value);
/** @param value undefined gives the defaults. */
SessionOptions sessionOptions(const Napi::Value& value);

}  // namespace refit::arguments
