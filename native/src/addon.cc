#include <napi.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "build_binding.h"
#include "device.h"
#include "engine.h"
#include "error.h"
#include "loader.h"
#include "runtime.h"
#include "session.h"
#include "session_object.h"
#include "task.h"
#include "weights_binding.h"

/** The boundary: binding.d.ts says what each function is for. */
namespace refit {
namespace {

struct AddonData {
  Napi::FunctionReference session;
};

Napi::Value number(Napi::Env env, std::size_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

/** A fact of machine.ts: what `find` gives, or why it throws. */
template <class Find>
Napi::Object fact(Napi::Env env, const Find& find) {
  Napi::Object fact = Napi::Object::New(env);
  try {
    const Napi::Value value = find();
    fact.Set("kind", "known");
    fact.Set("value", value);
  } catch (const NativeError& error) {
    fact.Set("kind", "unknown");
    fact.Set("reason", std::string(error.what()));
  }
  return fact;
}

Napi::Value driverValue(Napi::Env env) {
  const DriverFacts facts = driverFacts();
  Napi::Object driver = Napi::Object::New(env);
  driver.Set("version", facts.version ? Napi::String::New(env, *facts.version).As<Napi::Value>() : env.Null());
  driver.Set("cudaVersion", Napi::Number::New(env, facts.cudaVersion));
  return driver;
}

Napi::Value gpusValue(Napi::Env env) {
  const std::vector<GpuFacts> facts = gpuFacts();
  Napi::Array gpus = Napi::Array::New(env, facts.size());
  for (std::uint32_t i = 0; i < facts.size(); i++) {
    Napi::Object capability = Napi::Object::New(env);
    capability.Set("major", Napi::Number::New(env, facts[i].major));
    capability.Set("minor", Napi::Number::New(env, facts[i].minor));
    Napi::Object gpu = Napi::Object::New(env);
    gpu.Set("index", Napi::Number::New(env, facts[i].index));
    gpu.Set("name", facts[i].name);
    gpu.Set("uuid", facts[i].uuid);
    gpu.Set("computeCapability", capability);
    gpu.Set("multiprocessors", Napi::Number::New(env, facts[i].multiprocessors));
    gpu.Set("clockKhz", Napi::Number::New(env, facts[i].clockKhz));
    gpu.Set("vramBytes", number(env, facts[i].vramBytes));
    gpus.Set(i, gpu);
  }
  return gpus;
}

void addDriver(Napi::Env env, Napi::Object& machine) {
  machine.Set("driver", fact(env, [&] { return driverValue(env); }));
  machine.Set("gpus", fact(env, [&] { return gpusValue(env); }));
}

void addLibraries(Napi::Env env, Napi::Object& machine, const std::string& folder) {
  machine.Set("runtime", fact(env, [&]() -> Napi::Value {
                openEngineLibrary(folder);
                return Napi::String::New(env, runtime::nameAndVersion());
              }));
  machine.Set("parser",
              fact(env, [&]() -> Napi::Value { return Napi::String::New(env, openParserLibrary(folder).path()); }));
}

Napi::Value findDriver(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return answered(env, [&]() -> Napi::Value {
    Napi::Object machine = Napi::Object::New(env);
    addDriver(env, machine);
    return machine;
  });
}

Napi::Value openLibraries(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return answered(env, [&]() -> Napi::Value {
    const std::string folder = arguments::text(info[0], "libraryDir");
    Napi::Object machine = Napi::Object::New(env);
    addLibraries(env, machine, folder);
    return machine;
  });
}

Napi::Value probe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return answered(env, [&]() -> Napi::Value {
    const std::string folder = arguments::text(info[0], "libraryDir");
    Napi::Object machine = Napi::Object::New(env);
    addDriver(env, machine);
    addLibraries(env, machine, folder);
    return machine;
  });
}

Napi::Value vram(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return answered(env, [&]() -> Napi::Value {
    const MemoryFacts facts = Device::open(arguments::deviceOption(info[0])).memory();
    Napi::Object memory = Napi::Object::New(env);
    memory.Set("freeBytes", number(env, facts.freeBytes));
    memory.Set("totalBytes", number(env, facts.totalBytes));
    return memory;
  });
}

Napi::Value engineValidity(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return answered(env, [&]() -> Napi::Value {
    const Bytes engine = arguments::bytes(info[0], "engine");
    const std::optional<Device> device = Device::tryOpen(arguments::deviceOption(info[1]));
    // Without a driver no engine fits, and some versions of the library crash when asked.
    std::vector<std::string> reasons = {"driver"};
    if (device) {
      device->makeCurrent();
      reasons = runtime::invalidityReasons(*engineLibrary().createRuntime(), engine);
    }
    Napi::Array list = Napi::Array::New(env, reasons.size());
    for (std::uint32_t i = 0; i < reasons.size(); i++) list.Set(i, reasons[i]);
    Napi::Object validity = Napi::Object::New(env);
    validity.Set("valid", Napi::Boolean::New(env, reasons.empty()));
    validity.Set("reasons", list);
    return validity;
  });
}

Napi::Value openSession(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&]() -> Napi::Value {
    arguments::Kept kept;
    const SessionSource source = arguments::sessionSource(info[0], kept);
    const SessionOptions options = arguments::sessionOptions(info[1], kept);
    auto* const task = new Task<std::shared_ptr<Session>>(
        env, [source, options] { return std::make_shared<Session>(source, options); },
        [](Napi::Env at, std::shared_ptr<Session>& session) -> Napi::Value {
          return SessionObject::make(at.GetInstanceData<AddonData>()->session.Value(), std::move(session));
        });
    // The bytes themselves, not what holds them: that may be changed meanwhile.
    for (const Napi::Value& value : kept) task->keep(value);
    task->Queue();
    return task->promise();
  });
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto data = std::make_unique<AddonData>();
  data->session = Napi::Persistent(SessionObject::define(env));
  env.SetInstanceData(data.release());  // Node frees it with the environment.
  exports.Set("runtime", Napi::String::New(env, runtime::nameAndVersion()));
  exports.Set("findDriver", Napi::Function::New(env, findDriver, "findDriver"));
  exports.Set("openLibraries", Napi::Function::New(env, openLibraries, "openLibraries"));
  exports.Set("probe", Napi::Function::New(env, probe, "probe"));
  exports.Set("vram", Napi::Function::New(env, vram, "vram"));
  exports.Set("engineValidity", Napi::Function::New(env, engineValidity, "engineValidity"));
  exportBuilds(env, exports);
  exportWeights(env, exports);
  exports.Set("openSession", Napi::Function::New(env, openSession, "openSession"));
  return exports;
}

}  // namespace
}  // namespace refit

static Napi::Object initAddon(Napi::Env env, Napi::Object exports) { return refit::init(env, exports); }
NODE_API_MODULE(refit, initAddon)
