#include "session.h"

#include <algorithm>
#include <cstring>

#include "clock.h"
#include "engine.h"
#include "error.h"
#include "file.h"
#include "loader.h"
#include "read_ahead.h"

namespace refit {
namespace {

/** @param image a tensor `[1, height, width, channels]` of bytes. */
void copyCrop(const PinnedBuffer& from, const TensorFacts& image, const Crop& crop, std::uint8_t* to) {
  const auto width = static_cast<std::size_t>(image.shape[2]);
  const auto channels = static_cast<std::size_t>(image.shape[3]);
  const std::size_t rowBytes = crop.width * channels;
  const auto* row = static_cast<const std::uint8_t*>(from.get()) + (crop.y * width + crop.x) * channels;
  for (std::size_t i = 0; i < crop.height; i++, row += width * channels, to += rowBytes) std::memcpy(to, row, rowBytes);
}

}  // namespace

std::mutex& sessionsOpening() {
  static std::mutex opening;
  return opening;
}

Session::Session(const SessionSource& source, const SessionOptions& options) : device_(Device::open(options.device)) {
  // One at a time also because each measures what it takes.
  const std::lock_guard lock(sessionsOpening());
  device_.makeCurrent();
  const std::size_t freeBefore = device_.memory().freeBytes;
  const Stopwatch deserializing;
  if (const auto* const path = std::get_if<std::string>(&source.engine); path != nullptr && !source.weights) {
    const std::uint64_t bytes = ReadFile(*path).size();
    if (bytes != source.fileBytes)
      throw NativeError(ErrorCode::EngineInvalid, "Expected a plan of " + std::to_string(source.fileBytes) +
                                                      " bytes but received a file of " + std::to_string(bytes) + ".");
  }
  runtime_ = engineLibrary().createRuntime();
  if (source.deferWeights) runtime::deferWeights(*runtime_);
  LoadedEngine loaded = deserialize(*runtime_, source.engine, device_);
  engine_ = std::move(loaded.engine);
  deserializeMs_ = deserializing.elapsedMs();
  const bool isDeferred = source.deferWeights && loaded.reader;
  // The disk works while the kernels are compiled.
  std::optional<ReadAhead> readAhead;
  if (isDeferred) readAhead.emplace(std::get<std::string>(source.engine));
  if (source.weights) {
    const Stopwatch refitting;
    PutWeights put = putWeights(*engine_, *source.weights, false, [](const RefitProgress&) {});
    put.leftovers.reset();
    weightsMs_ = refitting.elapsedMs();
  }

  describeTensors();
  network_ = std::make_unique<Stream>();
  while (slots_.size() < kSlots) slots_.push_back(makeSlot());
  makeContext(options);
  if (isDeferred) loadDeferredWeights(*loaded.reader);
  if (options.cudaGraph) {
    graphTensors_ = std::make_unique<DeviceTensors>(allocate());
    bind(*graphTensors_);
    enqueue();
    network_->synchronize();
  }
  const std::size_t freeAfter = device_.memory().freeBytes;
  vramBytes_ = freeBefore > freeAfter ? freeBefore - freeAfter : 0;
}

Session::~Session() = default;

void Session::loadDeferredWeights(PlanReader& plan) {
  const Stopwatch loading;
  if (!plan.seek(0, nvinfer1::SeekPosition::kSET) || !runtime::loadWeights(*engine_, plan, *network_))
    throw NativeError(ErrorCode::EngineInvalid, "The engine library could not load the plan's weights.");
  network_->synchronize();
  weightsMs_ = loading.elapsedMs();
}

void Session::describeTensors() {
  for (std::int32_t i = 0; i < engine_->getNbIOTensors(); i++) {
    const char* const name = engine_->getIOTensorName(i);
    TensorFacts tensor;
    tensor.name = name;
    const nvinfer1::DataType type = engine_->getTensorDataType(name);
    tensor.dtype = dtypeName(type);
    tensor.bytes = elementBytes(type);
    const nvinfer1::Dims dims = engine_->getTensorShape(name);
    for (std::int32_t d = 0; d < dims.nbDims; d++) {
      if (dims.d[d] <= 0)
        throw NativeError(ErrorCode::SessionFailed, std::string("Tensor \"") + name + "\" has no fixed shape.");
      tensor.shape.push_back(dims.d[d]);
      tensor.bytes *= static_cast<std::size_t>(dims.d[d]);
    }
    const bool isInput = engine_->getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT;
    (isInput ? inputs_ : outputs_).push_back(std::move(tensor));
  }
  if (inputs_.empty() || outputs_.empty())
    throw NativeError(ErrorCode::SessionFailed, "The plan has no inputs or no outputs.");
}

std::unique_ptr<Session::Slot> Session::makeSlot() const {
  auto slot = std::make_unique<Slot>();
  slot->device = allocate();
  for (const TensorFacts& tensor : inputs_) slot->inputs.emplace_back(tensor.bytes);
  for (const TensorFacts& tensor : outputs_) slot->outputs.emplace_back(tensor.bytes);
  return slot;
}

Session::DeviceTensors Session::allocate() const {
  DeviceTensors tensors;
  for (const TensorFacts& tensor : inputs_) tensors.inputs.emplace_back(tensor.bytes);
  for (const TensorFacts& tensor : outputs_) tensors.outputs.emplace_back(tensor.bytes);
  return tensors;
}

void Session::makeContext(const SessionOptions& options) {
  const Stopwatch making;
  const std::size_t freeBytes = device_.memory().freeBytes;
  contexts_ = std::make_unique<runtime::ContextMaker>(*engine_, options.runtimeCache, options.cudaGraph);
  context_ = contexts_->create(*engine_);
  if (!context_) {
    if (static_cast<std::int64_t>(freeBytes) < engine_->getDeviceMemorySizeV2())
      throw NativeError(ErrorCode::OutOfVram, "The GPU's memory is too full to run the plan.");
    throw NativeError(ErrorCode::SessionFailed, "The engine library could not make an execution context.");
  }
  contextMs_ = making.elapsedMs();
}

void Session::bind(const DeviceTensors& tensors) {
  bool bound = true;
  for (std::size_t i = 0; i < inputs_.size(); i++)
    bound = context_->setTensorAddress(inputs_[i].name.c_str(), tensors.inputs[i].get()) && bound;
  for (std::size_t i = 0; i < outputs_.size(); i++)
    bound = context_->setTensorAddress(outputs_[i].name.c_str(), tensors.outputs[i].get()) && bound;
  if (!bound) throw NativeError(ErrorCode::RunFailed, "The engine library refuses the tensors' memory.");
}

void Session::enqueue() {
  if (!context_->enqueueV3(network_->get()))
    throw NativeError(ErrorCode::RunFailed, "The engine library could not run the network.");
}

void Session::enqueueSlot(const Slot& slot) {
  if (!graphTensors_) {
    bind(slot.device);
    enqueue();
    return;
  }
  for (std::size_t i = 0; i < inputs_.size(); i++) graphTensors_->inputs[i].copyFrom(slot.device.inputs[i], *network_);
  enqueue();
  for (std::size_t i = 0; i < outputs_.size(); i++)
    slot.device.outputs[i].copyFrom(graphTensors_->outputs[i], *network_);
}

void Session::start(const Slot& slot, std::size_t outputs) {
  // Drained before the lock goes: to wait for a stream that another run's CUDA graph is recorded from spoils the
  // graph.
  const std::lock_guard lock(enqueueing_);
  const DrainOnThrow network(*network_);
  const DrainOnThrow copies(slot.copies);
  for (std::size_t i = 0; i < inputs_.size(); i++) slot.inputs[i].copyTo(slot.device.inputs[i], slot.copies);
  slot.inputsThere.record(slot.copies);
  slot.inputsThere.makeWait(*network_);
  enqueueSlot(slot);
  slot.outputsThere.record(*network_);
  slot.outputsThere.makeWait(slot.copies);
  for (std::size_t i = 0; i < outputs; i++) slot.outputs[i].copyFrom(slot.device.outputs[i], slot.copies);
  slot.outputsCopied.record(slot.copies);
}

void Session::finish(const Slot& slot) {
  // Sleeps rather than spins, since those cores work on other pictures. The stream then reports how the work ended.
  slot.outputsCopied.wait();
  slot.copies.synchronize();
}

void Session::run(std::size_t slotIndex, const std::vector<Bytes>& inputs, const std::vector<std::uint8_t*>& outputs,
                  const std::optional<Crop>& crop) {
  device_.makeCurrent();
  const Slot& slot = *slots_[slotIndex];
  for (std::size_t i = 0; i < inputs_.size(); i++) std::memcpy(slot.inputs[i].get(), inputs[i].data, inputs_[i].bytes);
  start(slot, outputs.size());
  finish(slot);
  if (crop)
    copyCrop(slot.outputs[0], outputs_[0], *crop, outputs[0]);
  else
    for (std::size_t i = 0; i < outputs.size(); i++) std::memcpy(outputs[i], slot.outputs[i].get(), outputs_[i].bytes);
}

Measurement Session::measure(int iterations) {
  device_.makeCurrent();
  const Slot& slot = *slots_[0];
  const DeviceTensors& tensors = graphTensors_ ? *graphTensors_ : slot.device;
  bind(tensors);
  const DrainOnThrow network(*network_);
  const auto copyIn = [&] {
    for (std::size_t i = 0; i < inputs_.size(); i++) slot.inputs[i].copyTo(tensors.inputs[i], *network_);
  };
  constexpr int kWarmUps = 3;
  std::vector<double> latencies;
  copyIn();
  network_->synchronize();
  for (int i = -kWarmUps; i < iterations; i++) {
    const Stopwatch running;
    enqueue();
    network_->synchronize();
    if (i >= 0) latencies.push_back(running.elapsedMs());
  }
  const Stopwatch looping;
  for (int i = 0; i < iterations; i++) {
    copyIn();
    enqueue();
    for (std::size_t o = 0; o < outputs_.size(); o++) slot.outputs[o].copyFrom(tensors.outputs[o], *network_);
    network_->synchronize();
  }
  const double loopMs = looping.elapsedMs();
  const auto middle = latencies.begin() + static_cast<std::ptrdiff_t>(latencies.size() / 2);
  std::nth_element(latencies.begin(), middle, latencies.end());
  return {iterations, *middle, iterations * 1000.0 / loopMs};
}

std::unique_ptr<nvinfer1::IHostMemory> Session::runtimeCache() {
  device_.makeCurrent();
  const std::lock_guard lock(enqueueing_);
  return contexts_->serializeCache();
}

}  // namespace refit
