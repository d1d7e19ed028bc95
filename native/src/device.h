#pragma once
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

// CUDA's own opaque types, so that TensorRT's cudaStream_t and ours are one type without CUDA's headers.
struct CUctx_st;
struct CUstream_st;
struct CUevent_st;

namespace refit {

/** Facts of the machine, from the driver. */
struct DriverFacts {
  /** NVIDIA's version, from NVML; none where NVML is missing. */
  std::optional<std::string> version;
  /** 13000 is CUDA 13.0. */
  int cudaVersion = 0;
};

struct GpuFacts {
  int index = 0;
  std::string name;
  /** "GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" */
  std::string uuid;
  int major = 0;
  int minor = 0;
  int multiprocessors = 0;
  /** The highest clock; 0 where the driver does not tell it. */
  int clockKhz = 0;
  std::size_t vramBytes = 0;
};

struct MemoryFacts {
  std::size_t freeBytes = 0;
  std::size_t totalBytes = 0;
};

/** @throws NativeError DRIVER_MISSING with the system's words. */
DriverFacts driverFacts();
/** The machine's GPUs; to have none is no error. @throws NativeError DRIVER_MISSING, CUDA. */
std::vector<GpuFacts> gpuFacts();

/** A GPU with its primary context, which is retained for the process: the engine library uses the same one. */
class Device {
 public:
  /** @param index CUDA ordinal. @throws NativeError DRIVER_MISSING, GPU_MISSING, CUDA. */
  static Device open(int index);
  /** The same, none where there is no driver or no such GPU. */
  static std::optional<Device> tryOpen(int index);

  /** Makes the context current on this thread, which every use of the GPU needs. @throws NativeError CUDA. */
  void makeCurrent() const;
  /** @throws NativeError CUDA. */
  MemoryFacts memory() const;
  /** Compute capability as one number: 89 is 8.9. */
  int sm() const { return sm_; }

 private:
  Device(CUctx_st* context, int sm) : context_(context), sm_(sm) {}
  CUctx_st* context_;
  int sm_;
};

/**
 * The GPU fault that has broken this thread's context, if any, else empty. After a fault nothing runs in the context
 * any more, and the first call to fail may give another reason.
 */
std::string contextFault() noexcept;

/** Owns a stream that does not wait for the legacy default one. Its device must be current when it is made and dropped.
 */
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  CUstream_st* get() const { return stream_; }
  /** Blocks until all work is done. @throws NativeError CUDA: the place where faults of that work come up. */
  void synchronize() const;
  /** Blocks until all work is done, whatever has become of it. */
  void drain() const noexcept;

 private:
  CUstream_st* stream_ = nullptr;
};

/**
 * Drains the stream where an exception leaves the scope: copies under way still read and write host memory that would
 * then be freed, or filled by the next run.
 */
class DrainOnThrow {
 public:
  explicit DrainOnThrow(const Stream& stream) : stream_(stream) {}
  ~DrainOnThrow() {
    if (std::uncaught_exceptions() > uncaught_) stream_.drain();
  }
  DrainOnThrow(const DrainOnThrow&) = delete;
  DrainOnThrow& operator=(const DrainOnThrow&) = delete;

 private:
  const Stream& stream_;
  const int uncaught_ = std::uncaught_exceptions();
};

/** A point in a stream's work that other streams, or a thread, can wait for. */
class Event {
 public:
  /** Whether a thread that waits leaves its core to others; it then wakes a little later. */
  enum class Waiting { Spin, Sleep };

  explicit Event(Waiting waiting = Waiting::Spin);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(const Stream& stream) const { record(stream.get()); }
  void record(CUstream_st* stream) const;
  /** Blocks until what was last recorded is done. @returns false after a fault. */
  bool wait() const noexcept;
  /** Later work of `stream` waits for what was last recorded. */
  void makeWait(const Stream& stream) const;

 private:
  CUevent_st* event_ = nullptr;
};

/** Device memory, 256-byte aligned. @throws NativeError OUT_OF_VRAM, CUDA. */
class DeviceBuffer {
 public:
  explicit DeviceBuffer(std::size_t bytes);
  ~DeviceBuffer();
  DeviceBuffer(DeviceBuffer&& other) noexcept;
  DeviceBuffer& operator=(DeviceBuffer&&) = delete;

  // The driver gives addresses as integers. NOLINTNEXTLINE(performance-no-int-to-ptr)
  void* get() const { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address_)); }
  std::size_t size() const { return bytes_; }
  void copyFrom(const DeviceBuffer& from, const Stream& stream) const;

 private:
  friend class PinnedBuffer;
  unsigned long long address_ = 0;
  std::size_t bytes_;
};

/** Page-locked (pinned) host memory: copies from and to no other kind run beside kernels. */
class PinnedBuffer {
 public:
  explicit PinnedBuffer(std::size_t bytes);
  ~PinnedBuffer();
  PinnedBuffer(PinnedBuffer&& other) noexcept;
  PinnedBuffer& operator=(PinnedBuffer&&) = delete;

  void* get() const { return address_; }
  void copyTo(const DeviceBuffer& to, const Stream& stream) const;
  void copyFrom(const DeviceBuffer& from, const Stream& stream) const;

 private:
  void* address_ = nullptr;
  std::size_t bytes_;
};

}  // namespace refit
