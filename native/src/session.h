#pragma once
#include <NvInferRuntime.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bytes.h"
#include "device.h"
#include "engine.h"
#include "runtime.h"
#include "tile_loop.h"
#include "weights.h"

namespace refit {

/** Held while a session takes memory: what one asks for would spoil the CUDA graph that another one is recording. */
std::mutex& sessionsOpening();

struct TensorFacts {
  std::string name;
  /** As binding.d.ts names it, "uint8". */
  const char* dtype = nullptr;
  std::vector<std::int64_t> shape;
  std::size_t bytes = 0;
};

/** A part of an image tensor `[1, height, width, channels]`, in pixels. */
struct Crop {
  std::size_t x = 0;
  std::size_t y = 0;
  std::size_t width = 0;
  std::size_t height = 0;
};

/** What a session runs: a plan, or an engine that weights are put into first. */
struct SessionSource {
  EngineSource engine;
  std::optional<WeightSource> weights;
  /** Size that a plan's file must have. The engine library does not notice a missing end (1.6.1). */
  std::uint64_t fileBytes = 0;
  /** Makes the context before the weights travel to the GPU. Of plans in files only. */
  bool deferWeights = false;
};

struct SessionOptions {
  /** Compiled kernels of an earlier session; empty: none. */
  Bytes runtimeCache;
  bool cudaGraph = false;
  /** CUDA ordinal. */
  int device = 0;
};

struct Measurement {
  int iterations = 0;
  double latencyMs = 0;
  double tilesPerSecond = 0;
};

/** Runs under way at once: one on the device, one being copied in or out, one on its way to or from JavaScript. */
constexpr std::size_t kSlots = 3;

/**
 * A plan, ready to run. The network itself runs on one stream, one run at a time; copies run on a stream per slot, so
 * that those of one slot overlap the network of another. Its device must be current on the thread that destroys it.
 */
class Session {
 public:
  /**
   * @throws NativeError ENGINE_INVALID, SESSION_FAILED, OUT_OF_VRAM, DRIVER_MISSING, GPU_MISSING, CUDA, FILE_FAILED,
   * and what `putWeights` throws.
   */
  Session(const SessionSource& source, const SessionOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const std::vector<TensorFacts>& inputs() const { return inputs_; }
  const std::vector<TensorFacts>& outputs() const { return outputs_; }
  std::size_t vramBytes() const { return vramBytes_; }
  double contextMs() const { return contextMs_; }
  double deserializeMs() const { return deserializeMs_; }
  double weightsMs() const { return weightsMs_; }
  bool runtimeCacheUsed() const { return contexts_->cacheUsed(); }

  /**
   * One inference, blocking. Each slot serves one call at a time; calls on different slots may overlap.
   * @param inputs, outputs as many and as large as inputs() and outputs() say; with a crop, outputs holds that part of
   * the first output, rows tight, and nothing else.
   * @throws NativeError RUN_FAILED, CUDA.
   */
  void run(std::size_t slot, const std::vector<Bytes>& inputs, const std::vector<std::uint8_t*>& outputs,
           const std::optional<Crop>& crop);

  /**
   * What runs tiles on this session, which must outlive it; no run may be under way meanwhile. Of a network that
   * `tileShapes` has shapes for.
   * @throws NativeError OUT_OF_VRAM, CUDA.
   */
  std::unique_ptr<TileRunner> tileRunner();

  /** Blocking; no run may be under way. @throws NativeError RUN_FAILED, CUDA. */
  Measurement measure(int iterations);

  /** @throws NativeError SESSION_FAILED. */
  std::unique_ptr<nvinfer1::IHostMemory> runtimeCache();

  const Device& device() const { return device_; }

 private:
  /** Device memory for every input and output, in the order of inputs_, outputs_. */
  struct DeviceTensors {
    std::vector<DeviceBuffer> inputs;
    std::vector<DeviceBuffer> outputs;
  };
  struct Slot {
    Stream copies;
    Event inputsThere;
    Event outputsThere;
    Event outputsCopied{Event::Waiting::Sleep};
    DeviceTensors device;
    std::vector<PinnedBuffer> inputs;
    std::vector<PinnedBuffer> outputs;
  };

  class Tiles;

  std::unique_ptr<Slot> makeSlot() const;
  /** Enqueues the copies to the GPU, the run of the network, and the copies of the first `outputs` from the GPU. */
  void start(const Slot& slot, std::size_t outputs);
  /** Blocks until what was started on the slot is done. @throws NativeError CUDA. */
  static void finish(const Slot& slot);
  void loadDeferredWeights(PlanReader& plan);
  void describeTensors();
  DeviceTensors allocate() const;
  void makeContext(const SessionOptions& options);
  void bind(const DeviceTensors& tensors);
  void enqueue();
  /** Enqueues a run of the network on the slot's tensors. */
  void enqueueSlot(const Slot& slot);

  // In order of making: destroyed from the last to the first, the context before what it refers to.
  Device device_;
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  std::unique_ptr<runtime::ContextMaker> contexts_;
  std::unique_ptr<Stream> network_;
  /** kSlots at first, more after tiles have run. */
  std::vector<std::unique_ptr<Slot>> slots_;
  /** With a CUDA graph only: the tensors that it was recorded with. Slots copy to and from them, because other
   * addresses would need another recording. */
  std::unique_ptr<DeviceTensors> graphTensors_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;

  std::vector<TensorFacts> inputs_;
  std::vector<TensorFacts> outputs_;
  std::size_t vramBytes_ = 0;
  double contextMs_ = 0;
  double deserializeMs_ = 0;
  /** Time to set or load the weights after the engine; 0 where they came with it. */
  double weightsMs_ = 0;
  /** Held while work is enqueued, never while it is awaited. */
  std::mutex enqueueing_;
};

struct TileShapes {
  ImageShape input;
  ImageShape output;
};
/** Shapes of a network's only input and of its first output, both images. @throws NativeError BAD_ARGUMENT for any
 * other network. */
TileShapes tileShapes(const std::vector<TensorFacts>& inputs, const std::vector<TensorFacts>& outputs);

}  // namespace refit
