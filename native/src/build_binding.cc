#include "build_binding.h"

#include <functional>
#include <memory>
#include <string>

#include "arguments.h"
#include "builder.h"
#include "clock.h"
#include "file.h"
#include "progress.h"
#include "task.h"

namespace refit {
namespace {

using Engine = std::unique_ptr<nvinfer1::IHostMemory>;
using OnFraction = std::function<void(double fraction)>;

void callWithFraction(Napi::Env env, const Napi::Function& function, double fraction) {
  function.Call({Napi::Number::New(env, fraction)});
}

Napi::Value build(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&]() -> Napi::Value {
    const Bytes onnx = arguments::bytes(info[0], "onnx");
    const BuildOptions options = arguments::buildOptions(info[1]);
    return queueWithProgress<Engine, double>(
        env, info[2], callWithFraction,
        [onnx, options](const OnFraction& onProgress) { return buildEngine(OnnxSource{onnx}, options, onProgress); },
        [](Napi::Env at, Engine& engine) { return copyToJavaScript(at, engine->data(), engine->size()); }, {info[0]});
  });
}

struct BuiltFile {
  std::size_t bytes = 0;
  double buildMs = 0;
  double writeMs = 0;
};

/** @param engineFile empty: the engine is built and dropped. */
BuiltFile buildIntoFile(const OnnxFile& onnx, const std::string& engineFile, const BuildOptions& options,
                        const OnFraction& onProgress) {
  BuiltFile built;
  const Stopwatch building;
  const Engine engine = buildEngine(OnnxSource{onnx}, options, onProgress);
  built.buildMs = building.elapsedMs();
  built.bytes = engine->size();
  if (engineFile.empty()) return built;
  const Stopwatch writing;
  writeFile(engineFile, {static_cast<const std::uint8_t*>(engine->data()), built.bytes});
  built.writeMs = writing.elapsedMs();
  return built;
}

Napi::Value builtFileValue(Napi::Env env, BuiltFile& built) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("bytes", Napi::Number::New(env, static_cast<double>(built.bytes)));
  result.Set("buildMs", Napi::Number::New(env, built.buildMs));
  result.Set("writeMs", Napi::Number::New(env, built.writeMs));
  return result;
}

Napi::Value buildFile(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&]() -> Napi::Value {
    const OnnxFile onnx = arguments::onnxFile(info[0], "onnx");
    const std::string engineFile = info[1].IsNull() ? "" : arguments::text(info[1], "engineFile");
    const BuildOptions options = arguments::buildOptions(info[2]);
    return queueWithProgress<BuiltFile, double>(env, info[3], callWithFraction,
                                                [onnx, engineFile, options](const OnFraction& onProgress) {
                                                  return buildIntoFile(onnx, engineFile, options, onProgress);
                                                },
                                                builtFileValue, {});
  });
}

}  // namespace

void exportBuilds(Napi::Env env, Napi::Object exports) {
  exports.Set("buildEngine", Napi::Function::New(env, build, "buildEngine"));
  exports.Set("buildEngineFile", Napi::Function::New(env, buildFile, "buildEngineFile"));
}

}  // namespace refit
