#include "arguments.h"

#include <cmath>

namespace refit::arguments {
namespace {

/** Numbers of files are exact in JavaScript up to 2^53. */
std::uint64_t wholeNumber(const Napi::Value& value, const std::string& name) {
  constexpr double kMost = 9007199254740991;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!(number >= 0 && number <= kMost) || number != std::floor(number)) mismatch("whole number", name, value);
  return static_cast<std::uint64_t>(number);
}

bool isMap(const Napi::Value& value) {
  if (!value.IsObject()) return false;
  const Napi::Value map = value.Env().Global().Get("Map");
  return map.IsFunction() && value.As<Napi::Object>().InstanceOf(map.As<Napi::Function>());
}

NamedTensors namedTensors(const Napi::Value& map, const std::string& name, Kept& kept) {
  const Napi::Object arrays = map.Env().Global().Get("Array").As<Napi::Object>();
  const auto entries = arrays.Get("from").As<Napi::Function>().Call(arrays, {map}).As<Napi::Array>();
  NamedTensors tensors;
  for (std::uint32_t i = 0; i < entries.Length(); i++) {
    const auto entry = entries.Get(i).As<Napi::Array>();
    const std::string tensor = text(entry.Get(0u), (name + "'s key").c_str());
    tensors.emplace_back(tensor, bytes(entry.Get(1u), std::string(name).append(".").append(tensor).c_str()));
    kept.push_back(entry.Get(1u));
  }
  return tensors;
}

}  // namespace

EngineSource engineSource(const Napi::Value& value, const char* name, Kept& kept) {
  if (value.IsString()) return text(value, name);
  kept.push_back(value);
  return bytes(value, name);
}

OnnxFile onnxFile(const Napi::Value& value, const char* name) {
  if (!value.IsObject() || value.IsArray()) mismatch("an ONNX file and its external tensors", name, value);
  const auto from = value.As<Napi::Object>();
  const Napi::Value list = from.Get("external");
  if (!list.IsArray()) mismatch("array", std::string(name) + ".external", list);
  OnnxFile onnx;
  onnx.file = text(from.Get("file"), (std::string(name) + ".file").c_str());
  const auto tensors = list.As<Napi::Array>();
  for (std::uint32_t i = 0; i < tensors.Length(); i++) {
    const Napi::HandleScope scope(value.Env());
    const std::string where = std::string(name) + ".external[" + std::to_string(i) + "]";
    if (!tensors.Get(i).IsObject()) mismatch("object", where, tensors.Get(i));
    const auto tensor = tensors.Get(i).As<Napi::Object>();
    onnx.external.push_back(
        {text(tensor.Get("name"), (where + ".name").c_str()), text(tensor.Get("file"), (where + ".file").c_str()),
         wholeNumber(tensor.Get("offset"), where + ".offset"), wholeNumber(tensor.Get("bytes"), where + ".bytes")});
  }
  return onnx;
}

WeightSource weightSource(const Napi::Value& value, const char* name, Kept& kept) {
  if (isMap(value)) return namedTensors(value, name, kept);
  if (value.IsObject() && !value.IsTypedArray()) return OnnxSource{onnxFile(value, name)};
  kept.push_back(value);
  return OnnxSource{bytes(value, name)};
}

SessionSource sessionSource(const Napi::Value& value, Kept& kept) {
  SessionSource source;
  if (!value.IsObject() || value.IsTypedArray()) {
    kept.push_back(value);
    source.engine = bytes(value, "plan");
    return source;
  }
  const auto from = value.As<Napi::Object>();
  if (from.Has("weights")) {
    source.engine = engineSource(from.Get("engine"), "plan.engine", kept);
    source.weights = weightSource(from.Get("weights"), "plan.weights", kept);
    return source;
  }
  source.engine = text(from.Get("file"), "plan.file");
  source.fileBytes = wholeNumber(from.Get("bytes"), "plan.bytes");
  source.deferWeights = optionalBoolean(from.Get("deferWeights"), "plan.deferWeights");
  return source;
}

RefitOptions refitOptions(const Napi::Value& value) {
  RefitOptions options;
  if (value.IsUndefined()) return options;
  const Napi::Object from = object(value, "options");
  options.device = deviceOf(from);
  options.keepRefittable = optionalBoolean(from.Get("keepRefittable"), "options.keepRefittable");
  options.changedOnly = optionalBoolean(from.Get("changedOnly"), "options.changedOnly");
  const Napi::Value planFile = from.Get("planFile");
  if (!planFile.IsUndefined()) options.planFile = text(planFile, "options.planFile");
  return options;
}

}  // namespace refit::arguments
