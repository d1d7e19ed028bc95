#pragma once
#include <napi.h>

#include "picture_file.h"

/** JavaScript's facts of pictures, checked: what both addons take. Every mismatch throws NativeError BAD_ARGUMENT. */
namespace refit::arguments {

/** Longest side of a picture; libvips has the same limit. */
constexpr int kMostSide = 10'000'000;

PictureFacts pictureFacts(const Napi::Value& value, const char* name);

}  // namespace refit::arguments
