#include "session_object.h"

#include <algorithm>
#include <utility>

#include "arguments.h"
#include "error.h"
#include "tiles_binding.h"

namespace refit {
namespace {

Napi::Value describe(Napi::Env env, const std::vector<TensorFacts>& tensors) {
  Napi::Array list = Napi::Array::New(env, tensors.size());
  for (std::uint32_t i = 0; i < tensors.size(); i++) {
    Napi::Array shape = Napi::Array::New(env, tensors[i].shape.size());
    for (std::uint32_t d = 0; d < tensors[i].shape.size(); d++)
      shape.Set(d, Napi::Number::New(env, static_cast<double>(tensors[i].shape[d])));
    Napi::Object tensor = Napi::Object::New(env);
    tensor.Set("name", tensors[i].name);
    tensor.Set("dtype", tensors[i].dtype);
    tensor.Set("shape", shape);
    tensor.Set("bytes", Napi::Number::New(env, static_cast<double>(tensors[i].bytes)));
    list.Set(i, tensor);
  }
  return list;
}

TensorFacts cropped(TensorFacts image, const Crop& crop) {
  image.shape[1] = static_cast<std::int64_t>(crop.height);
  image.shape[2] = static_cast<std::int64_t>(crop.width);
  image.bytes = crop.height * crop.width * static_cast<std::size_t>(image.shape[3]);
  return image;
}

/** Frees on this thread what the session holds on the device. */
void release(std::shared_ptr<Session>& session) {
  if (!session) return;
  try {
    session->device().makeCurrent();
  } catch (const NativeError&) {
    // After a fault device memory cannot be freed; host memory still can.
  }
  session.reset();
}

}  // namespace

Napi::Function SessionObject::define(Napi::Env env) {
  return DefineClass(env, "Session",
                     {
                         InstanceAccessor<&SessionObject::inputs>("inputs"),
                         InstanceAccessor<&SessionObject::outputs>("outputs"),
                         InstanceAccessor<&SessionObject::vramBytes>("vramBytes"),
                         InstanceAccessor<&SessionObject::contextMs>("contextMs"),
                         InstanceAccessor<&SessionObject::deserializeMs>("deserializeMs"),
                         InstanceAccessor<&SessionObject::weightsMs>("weightsMs"),
                         InstanceAccessor<&SessionObject::runtimeCacheUsed>("runtimeCacheUsed"),
                         InstanceMethod<&SessionObject::run>("run"),
                         InstanceMethod<&SessionObject::runTiles>("runTiles"),
                         InstanceMethod<&SessionObject::stopTiles>("stopTiles"),
                         InstanceMethod<&SessionObject::measure>("measure"),
                         InstanceMethod<&SessionObject::runtimeCache>("runtimeCache"),
                         InstanceMethod<&SessionObject::close>("close"),
                     });
}

Napi::Object SessionObject::make(const Napi::Function& constructor, std::shared_ptr<Session> session) {
  return constructor.New({Napi::External<std::shared_ptr<Session>>::New(constructor.Env(), &session)});
}

SessionObject::SessionObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SessionObject>(info) {
  if (!info[0].IsExternal())
    throw toJavaScript(info.Env(), {ErrorCode::BadArgument, "A Session is made by openSession()."});
  session_ = std::move(*info[0].As<Napi::External<std::shared_ptr<Session>>>().Data());
  inputs_ = session_->inputs();
  outputs_ = session_->outputs();
  vramBytes_ = static_cast<double>(session_->vramBytes());
  contextMs_ = session_->contextMs();
  deserializeMs_ = session_->deserializeMs();
  weightsMs_ = session_->weightsMs();
  runtimeCacheUsed_ = session_->runtimeCacheUsed();
}

// Collected without close(): no call is under way, because each holds a reference to this object.
SessionObject::~SessionObject() { release(session_); }

Napi::Value SessionObject::inputs(const Napi::CallbackInfo& info) { return describe(info.Env(), inputs_); }
Napi::Value SessionObject::outputs(const Napi::CallbackInfo& info) { return describe(info.Env(), outputs_); }
Napi::Value SessionObject::vramBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), vramBytes_);
}
Napi::Value SessionObject::contextMs(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), contextMs_);
}
Napi::Value SessionObject::deserializeMs(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), deserializeMs_);
}
Napi::Value SessionObject::weightsMs(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), weightsMs_);
}
Napi::Value SessionObject::runtimeCacheUsed(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), runtimeCacheUsed_);
}

void SessionObject::requireOpen() const {
  if (!session_) throw NativeError(ErrorCode::SessionClosed, "This session was closed.");
}

Napi::Value SessionObject::run(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&]() -> Napi::Value {
    requireOpen();
    const std::vector<Bytes> inputs = arguments::tensorBytes(info[0], inputs_, "inputs");
    const std::optional<Crop> crop = arguments::crop(info[2], outputs_[0]);
    const std::vector<TensorFacts> wanted = crop ? std::vector{cropped(outputs_[0], *crop)} : outputs_;
    std::vector<std::uint8_t*> outputs;
    for (const Bytes& output : arguments::tensorBytes(info[1], wanted, "outputs"))
      outputs.push_back(const_cast<std::uint8_t*>(output.data));
    const auto slot = std::make_shared<std::size_t>(0);
    auto* const task = new Task<Nothing>(
        info.Env(),
        [session = session_, slot, inputs, outputs, crop] {
          session->run(*slot, inputs, outputs, crop);
          return Nothing{};
        },
        undefined);
    // The arrays' items, not the arrays: a caller may change those meanwhile.
    for (std::uint32_t i = 0; i < inputs_.size(); i++) task->keep(info[0].As<Napi::Array>().Get(i));
    for (std::uint32_t i = 0; i < wanted.size(); i++) task->keep(info[1].As<Napi::Array>().Get(i));
    return enqueue(false, task, slot);
  });
}

Napi::Value SessionObject::runTiles(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&]() -> Napi::Value {
    requireOpen();
    const TileShapes shapes = tileShapes(inputs_, outputs_);
    const TilesCall call = arguments::tilesCall(info, shapes.input, shapes.output);
    const auto teller = std::make_shared<TilesTeller>(info.Env(), info[3]);
    const auto stop = std::make_shared<std::atomic<bool>>(false);
    auto* const task = new Task<std::string>(
        info.Env(),
        [session = session_, call, teller, stop]() -> std::string {
          return runTilesCall(*session->tileRunner(), call, *stop, *teller);
        },
        [](Napi::Env env, std::string& how) -> Napi::Value { return Napi::String::New(env, how); });
    tilesStops_.push_back(stop);
    return enqueue(true, task, std::make_shared<std::size_t>(0), [this, env = info.Env(), teller, stop] {
      tilesStops_.erase(std::find(tilesStops_.begin(), tilesStops_.end(), stop));
      teller->finish(env);
    });
  });
}

void SessionObject::stopTiles(const Napi::CallbackInfo&) {
  for (const auto& stop : tilesStops_) *stop = true;
}

Napi::Value SessionObject::measure(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&]() -> Napi::Value {
    constexpr int kMostIterations = 1000000;
    requireOpen();
    const int iterations = arguments::integer(info[0], 1, kMostIterations, "iterations");
    auto* const task = new Task<Measurement>(
        info.Env(), [session = session_, iterations] { return session->measure(iterations); },
        [](Napi::Env env, Measurement& measured) -> Napi::Value {
          Napi::Object result = Napi::Object::New(env);
          result.Set("iterations", Napi::Number::New(env, measured.iterations));
          result.Set("latencyMs", Napi::Number::New(env, measured.latencyMs));
          result.Set("tilesPerSecond", Napi::Number::New(env, measured.tilesPerSecond));
          return result;
        });
    return enqueue(true, task, std::make_shared<std::size_t>(0));
  });
}

Napi::Value SessionObject::runtimeCache(const Napi::CallbackInfo& info) {
  return answered(info.Env(), [&]() -> Napi::Value {
    requireOpen();
    const auto cache = session_->runtimeCache();
    return copyToJavaScript(info.Env(), cache->data(), cache->size());
  });
}

Napi::Value SessionObject::close(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&]() -> Napi::Value {
    if (!closing_.IsEmpty()) return closing_.Value();
    stopTiles(info);
    auto* const task = new Task<Nothing>(
        info.Env(),
        // Starts after every call before it, so this is the last holder.
        [session = std::move(session_)]() mutable {
          release(session);
          return Nothing{};
        },
        undefined);
    const Napi::Value promise = enqueue(true, task, std::make_shared<std::size_t>(0));
    closing_ = Napi::Persistent(promise.As<Napi::Object>());
    return promise;
  });
}

template <class Result>
Napi::Value SessionObject::enqueue(bool alone, Task<Result>* task, const std::shared_ptr<std::size_t>& slot,
                                   const std::function<void()>& settling) {
  task->keep(Value()).before([this, alone, slot, settling] {
    (alone ? alone_ : busy_[*slot]) = false;
    pump();
    if (settling) settling();
  });
  const Napi::Value promise = task->promise();
  waiting_.push_back({alone, [task, slot](std::size_t given) {
                        *slot = given;
                        task->Queue();
                      }});
  pump();
  return promise;
}

void SessionObject::pump() {
  while (!waiting_.empty() && !alone_) {
    const auto free = std::find(busy_.begin(), busy_.end(), false);
    const bool idle = std::none_of(busy_.begin(), busy_.end(), [](bool busy) { return busy; });
    if (waiting_.front().alone ? !idle : free == busy_.end()) return;
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    (next.alone ? alone_ : *free) = true;
    next.start(static_cast<std::size_t>(free - busy_.begin()));
  }
}

}  // namespace refit
