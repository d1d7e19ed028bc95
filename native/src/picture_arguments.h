#pragma once
#include <napi.h>

#include "picture_file.h"

/** JavaScript's values of pictures, checked: what both addons take. Every mismatch throws NativeError BAD_ARGUMENT. */
namespace refit::arguments {

/** No side of a picture is longer: libvips' own bound. */
constexpr int kMostSide = 10'000'000;

PictureFacts pictureFacts(const Napi::Value& value, const char* name);

}  // namespace refit::arguments
