#include "weights_binding.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "device.h"
#include "loader.h"
#include "progress.h"
#include "refit.h"
#include "task.h"

namespace refit {
namespace {

Napi::Value number(Napi::Env env, double value) { return Napi::Number::New(env, value); }

void callWithRefitProgress(Napi::Env env, const Napi::Function& function, const RefitProgress& progress) {
  Napi::Object report = Napi::Object::New(env);
  report.Set("weightsDone", number(env, progress.weightsDone));
  report.Set("weightsTotal", number(env, progress.weightsTotal));
  report.Set("bytesDone", number(env, static_cast<double>(progress.bytesDone)));
  report.Set("bytesTotal", number(env, static_cast<double>(progress.bytesTotal)));
  function.Call({report});
}

Napi::Value refittedValue(Napi::Env env, Refitted& refitted) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("plan", refitted.plan ? copyToJavaScript(env, refitted.plan->data(), refitted.plan->size())
                                   : copyToJavaScript(env, nullptr, 0));
  result.Set("planBytes", number(env, static_cast<double>(refitted.planBytes)));
  result.Set("weights", number(env, refitted.weights));
  result.Set("weightBytes", number(env, static_cast<double>(refitted.weightBytes)));
  Napi::Array sources = Napi::Array::New(env, refitted.sources.size());
  for (std::uint32_t i = 0; i < refitted.sources.size(); i++) sources.Set(i, refitted.sources[i]);
  result.Set("sources", sources);
  result.Set("deserializeMs", number(env, refitted.deserializeMs));
  result.Set("refitMs", number(env, refitted.refitMs));
  result.Set("serializeMs", number(env, refitted.serializeMs));
  result.Set("writeMs", number(env, refitted.writeMs));
  return result;
}

Napi::Value refit(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&]() -> Napi::Value {
    arguments::Kept kept;
    const EngineSource engine = arguments::engineSource(info[0], "engine", kept);
    const WeightSource weights = arguments::weightSource(info[1], "onnx", kept);
    const RefitOptions options = arguments::refitOptions(info[2]);
    return queueWithProgress<Refitted, RefitProgress>(
        env, info[3], callWithRefitProgress,
        [engine, weights, options](const OnRefitProgress& onProgress) {
          return refitEngine(engine, weights, options, onProgress);
        },
        refittedValue, kept);
  });
}

Napi::Value engineWeightsOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&]() -> Napi::Value {
    arguments::Kept kept;
    const EngineSource source = arguments::engineSource(info[0], "engine", kept);
    const int index = arguments::deviceOption(info[1]);
    auto* const task = new Task<std::vector<WeightFacts>>(
        env,
        [source, index] {
          const EngineLibrary& engines = engineLibrary();
          const Device device = Device::open(index);
          device.makeCurrent();
          const auto runtime = engines.createRuntime();
          return engineWeights(*deserialize(*runtime, source, device).engine);
        },
        [](Napi::Env at, std::vector<WeightFacts>& weights) -> Napi::Value {
          Napi::Array list = Napi::Array::New(at, weights.size());
          for (std::uint32_t i = 0; i < weights.size(); i++) {
            Napi::Object weight = Napi::Object::New(at);
            weight.Set("name", weights[i].name);
            weight.Set("dtype", dtypeName(weights[i].type));
            weight.Set("count", number(at, static_cast<double>(weights[i].count)));
            weight.Set("bytes", number(at, static_cast<double>(weights[i].bytes)));
            list.Set(i, weight);
          }
          return list;
        });
    for (const Napi::Value& value : kept) task->keep(value);
    task->Queue();
    return task->promise();
  });
}

}  // namespace

void exportWeights(Napi::Env env, Napi::Object exports) {
  exports.Set("refit", Napi::Function::New(env, refit, "refit"));
  exports.Set("engineWeights", Napi::Function::New(env, engineWeightsOf, "engineWeights"));
}

}  // namespace refit
