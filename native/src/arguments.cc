#include "arguments.h"

#include "error.h"

namespace refit::arguments {
namespace {

std::vector<int> integers(const Napi::Value& value, int least, int most, const char* name) {
  if (!value.IsArray()) mismatch("array", name, value);
  const auto array = value.As<Napi::Array>();
  std::vector<int> numbers;
  for (std::uint32_t i = 0; i < array.Length(); i++)
    numbers.push_back(integer(array.Get(i), least, most, (std::string(name) + "[" + std::to_string(i) + "]").c_str()));
  return numbers;
}

RefitMode refitMode(const Napi::Value& value) {
  const std::string mode = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  if (mode == "identical") return RefitMode::Identical;
  if (mode == "any") return RefitMode::Any;
  if (mode == "none") return RefitMode::None;
  mismatch("'identical', 'any' or 'none'", "options.refit", value);
}

}  // namespace

std::vector<Bytes> tensorBytes(const Napi::Value& value, const std::vector<TensorFacts>& tensors, const char* name) {
  if (!value.IsArray() || value.As<Napi::Array>().Length() != tensors.size())
    mismatch("array of " + std::to_string(tensors.size()), name, value);
  const auto array = value.As<Napi::Array>();
  std::vector<Bytes> all;
  for (std::size_t i = 0; i < tensors.size(); i++) {
    const Napi::Value item = array.Get(static_cast<std::uint32_t>(i));
    const std::optional<Bytes> found = uint8Array(item);
    if (!found || found->size != tensors[i].bytes)
      mismatch("Uint8Array of " + std::to_string(tensors[i].bytes) + " bytes",
               std::string(name) + "[" + std::to_string(i) + "] (" + tensors[i].name + ")", item);
    all.push_back(*found);
  }
  return all;
}

std::optional<Crop> crop(const Napi::Value& value, const TensorFacts& image) {
  if (value.IsUndefined()) return std::nullopt;
  const Napi::Object from = object(value, "crop");
  if (image.shape.size() != 4 || image.shape[0] != 1 || std::string(image.dtype) != "uint8")
    throw NativeError(ErrorCode::BadArgument, "Only an output of uint8 [1, height, width, channels] can be cropped.");
  const auto height = static_cast<int>(image.shape[1]);
  const auto width = static_cast<int>(image.shape[2]);
  const int x = integer(from.Get("x"), 0, width - 1, "crop.x");
  const int y = integer(from.Get("y"), 0, height - 1, "crop.y");
  const int columns = integer(from.Get("width"), 1, width - x, "crop.width");
  const int rows = integer(from.Get("height"), 1, height - y, "crop.height");
  return Crop{static_cast<std::size_t>(x), static_cast<std::size_t>(y), static_cast<std::size_t>(columns),
              static_cast<std::size_t>(rows)};
}

int deviceOf(const Napi::Object& options) {
  constexpr int kMostDevices = 1024;
  const Napi::Value device = options.Get("device");
  return device.IsUndefined() ? 0 : integer(device, 0, kMostDevices - 1, "options.device");
}

int deviceOption(const Napi::Value& value) { return value.IsUndefined() ? 0 : deviceOf(object(value, "options")); }

std::optional<Napi::Function> optionalFunction(const Napi::Value& value, const char* name) {
  if (value.IsUndefined()) return std::nullopt;
  if (!value.IsFunction()) mismatch("function", name, value);
  return value.As<Napi::Function>();
}

BuildOptions buildOptions(const Napi::Value& value) {
  constexpr int kMostPixels = 16384;
  const Napi::Object from = object(value, "options");
  BuildOptions options;
  options.strip = boolean(from.Get("strip"), "options.strip");
  options.refit = refitMode(from.Get("refit"));
  options.computeCapabilities = integers(from.Get("computeCapabilities"), 0, 999, "options.computeCapabilities");
  const Napi::Value shape = from.Get("shape");
  if (!shape.IsUndefined()) {
    const std::vector<int> pixels = integers(shape, 1, kMostPixels, "options.shape");
    if (pixels.size() != 2) mismatch("[height, width]", "options.shape", shape);
    options.height = pixels[0];
    options.width = pixels[1];
  }
  options.device = deviceOf(from);
  return options;
}

SessionOptions sessionOptions(const Napi::Value& value, Kept& kept) {
  SessionOptions options;
  if (value.IsUndefined()) return options;
  const Napi::Object from = object(value, "options");
  const Napi::Value cache = from.Get("runtimeCache");
  if (!cache.IsUndefined()) options.runtimeCache = bytes(cache, "options.runtimeCache");
  kept.push_back(cache);
  options.cudaGraph = optionalBoolean(from.Get("cudaGraph"), "options.cudaGraph");
  options.device = deviceOf(from);
  return options;
}

}  // namespace refit::arguments
