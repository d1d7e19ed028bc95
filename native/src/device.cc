#include "device.h"

#include <cstdio>
#include <map>
#include <mutex>
#include <utility>

#include "driver.h"
#include "error.h"
#include "loader.h"

namespace refit {
namespace {

#ifdef _WIN32
constexpr const char* kManagementLibrary = "nvml.dll";
#else
constexpr const char* kManagementLibrary = "libnvidia-ml.so.1";
#endif

/** The driver's version, from NVML because CUDA does not tell it. None where NVML is missing. */
std::optional<std::string> driverVersion() {
  try {
    const SharedLibrary library = SharedLibrary::openSystem(kManagementLibrary);
    const auto init = library.function<int (*)()>("nvmlInit_v2");
    const auto shutdown = library.function<int (*)()>("nvmlShutdown");
    const auto getVersion = library.function<int (*)(char*, unsigned)>("nvmlSystemGetDriverVersion");
    if (init() != 0) return std::nullopt;
    char version[96] = {};
    const bool isKnown = getVersion(version, sizeof version) == 0;
    shutdown();
    return isKnown ? std::optional<std::string>(version) : std::nullopt;
  } catch (const NativeError&) {
    return std::nullopt;
  }
}

std::string uuidText(const Driver::Uuid& uuid) {
  std::string text = "GPU-";
  for (int i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", static_cast<unsigned>(uuid.bytes[i]));
    text += hex;
  }
  return text;
}

int deviceCount(const Driver& api) {
  int count = 0;
  // A driver without a GPU is no failure, though the call reports one.
  const Driver::Result result = api.deviceGetCount(&count);
  if (result == Driver::kNoDevice) return 0;
  // After a cuInit that found no device, the count fails with "not initialized".
  constexpr Driver::Result kNotInitialized = 3;
  if (result == kNotInitialized) return 0;
  check(api, result, "cuDeviceGetCount");
  return count;
}

GpuFacts gpuFactsOf(const Driver& api, int index) {
  Driver::Ordinal device = 0;
  check(api, api.deviceGet(&device, index), "cuDeviceGet");
  GpuFacts facts;
  facts.index = index;
  char name[256] = {};
  check(api, api.deviceGetName(name, sizeof name - 1, device), "cuDeviceGetName");
  facts.name = name;
  Driver::Uuid uuid{};
  check(api, api.deviceGetUuid(&uuid, device), "cuDeviceGetUuid");
  facts.uuid = uuidText(uuid);
  check(api, api.deviceGetAttribute(&facts.major, Driver::kAttributeCapabilityMajor, device), "cuDeviceGetAttribute");
  check(api, api.deviceGetAttribute(&facts.minor, Driver::kAttributeCapabilityMinor, device), "cuDeviceGetAttribute");
  check(api, api.deviceGetAttribute(&facts.multiprocessors, Driver::kAttributeMultiprocessors, device),
        "cuDeviceGetAttribute");
  // A virtual GPU may hide its clock, which is no reason to do without the GPU.
  if (api.deviceGetAttribute(&facts.clockKhz, Driver::kAttributeClockRate, device) != Driver::kSuccess)
    facts.clockKhz = 0;
  check(api, api.deviceTotalMem(&facts.vramBytes, device), "cuDeviceTotalMem");
  return facts;
}

/** The GPU's primary context, which the process retains at its first use and never releases. */
CUctx_st* primaryContext(const Driver& api, int index) {
  static std::mutex mutex;
  static std::map<int, CUctx_st*> contexts;
  const std::lock_guard lock(mutex);
  CUctx_st*& context = contexts[index];
  if (context != nullptr) return context;
  Driver::Ordinal device = 0;
  check(api, api.deviceGet(&device, index), "cuDeviceGet");
  check(api, api.devicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
  return context;
}

}  // namespace

DriverFacts driverFacts() {
  const Driver& api = driver();
  DriverFacts facts;
  check(api, api.driverGetVersion(&facts.cudaVersion), "cuDriverGetVersion");
  facts.version = driverVersion();
  return facts;
}

std::vector<GpuFacts> gpuFacts() {
  const Driver& api = driver();
  std::vector<GpuFacts> gpus;
  const int count = deviceCount(api);
  gpus.reserve(static_cast<std::size_t>(count));
  for (int index = 0; index < count; index++) gpus.push_back(gpuFactsOf(api, index));
  return gpus;
}

Device Device::open(int index) {
  const Driver& api = driver();
  const int count = deviceCount(api);
  if (count == 0) throw NativeError(ErrorCode::GpuMissing, "The NVIDIA driver finds no GPU.");
  if (index < 0 || index >= count)
    throw NativeError(ErrorCode::GpuMissing,
                      "There is no GPU " + std::to_string(index) + "; the driver finds " + std::to_string(count) + ".");
  const GpuFacts facts = gpuFactsOf(api, index);
  return Device(primaryContext(api, index), facts.major * 10 + facts.minor);
}

std::optional<Device> Device::tryOpen(int index) {
  try {
    return open(index);
  } catch (const NativeError& error) {
    if (error.code == ErrorCode::DriverMissing || error.code == ErrorCode::GpuMissing) return std::nullopt;
    throw;
  }
}

void Device::makeCurrent() const {
  const Driver& api = driver();
  check(api, api.ctxSetCurrent(context_), "cuCtxSetCurrent");
}

MemoryFacts Device::memory() const {
  makeCurrent();
  const Driver& api = driver();
  MemoryFacts facts;
  check(api, api.memGetInfo(&facts.freeBytes, &facts.totalBytes), "cuMemGetInfo");
  return facts;
}

std::string contextFault() noexcept {
  try {
    const Driver& api = driver();
    // Nothing of ours runs in the default stream, so this returns at once.
    const Driver::Result result = api.streamSynchronize(nullptr);
    return Driver::isFault(result) ? describe(api, result) : "";
  } catch (...) {
    return "";
  }
}

Stream::Stream() {
  const Driver& api = driver();
  check(api, api.streamCreate(&stream_, Driver::kStreamNonBlocking), "cuStreamCreate");
}

Stream::~Stream() { driver().streamDestroy(stream_); }

void Stream::synchronize() const {
  const Driver& api = driver();
  check(api, api.streamSynchronize(stream_), "cuStreamSynchronize");
}

void Stream::drain() const noexcept { driver().streamSynchronize(stream_); }

Event::Event(Waiting waiting) {
  const Driver& api = driver();
  const unsigned sleeping = waiting == Waiting::Sleep ? Driver::kEventBlockingSync : 0;
  check(api, api.eventCreate(&event_, Driver::kEventDisableTiming | sleeping), "cuEventCreate");
}

Event::~Event() { driver().eventDestroy(event_); }

void Event::record(CUstream_st* stream) const {
  const Driver& api = driver();
  check(api, api.eventRecord(event_, stream), "cuEventRecord");
}

bool Event::wait() const noexcept { return driver().eventSynchronize(event_) == Driver::kSuccess; }

void Event::makeWait(const Stream& stream) const {
  const Driver& api = driver();
  check(api, api.streamWaitEvent(stream.get(), event_, 0), "cuStreamWaitEvent");
}

DeviceBuffer::DeviceBuffer(std::size_t bytes) : bytes_(bytes) {
  const Driver& api = driver();
  check(api, api.memAlloc(&address_, bytes), "cuMemAlloc");
}

DeviceBuffer::~DeviceBuffer() {
  if (address_ != 0) driver().memFree(address_);
}

DeviceBuffer::DeviceBuffer(DeviceBuffer&& other) noexcept
    : address_(std::exchange(other.address_, 0)), bytes_(other.bytes_) {}

void DeviceBuffer::copyFrom(const DeviceBuffer& from, const Stream& stream) const {
  const Driver& api = driver();
  check(api, api.memcpyDtoDAsync(address_, from.address_, bytes_, stream.get()), "cuMemcpyDtoDAsync");
}

PinnedBuffer::PinnedBuffer(std::size_t bytes) : bytes_(bytes) {
  const Driver& api = driver();
  check(api, api.memHostAlloc(&address_, bytes, 0), "cuMemHostAlloc");
}

PinnedBuffer::~PinnedBuffer() {
  if (address_ != nullptr) driver().memFreeHost(address_);
}

PinnedBuffer::PinnedBuffer(PinnedBuffer&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)), bytes_(other.bytes_) {}

void PinnedBuffer::copyTo(const DeviceBuffer& to, const Stream& stream) const {
  const Driver& api = driver();
  check(api, api.memcpyHtoDAsync(to.address_, address_, bytes_, stream.get()), "cuMemcpyHtoDAsync");
}

void PinnedBuffer::copyFrom(const DeviceBuffer& from, const Stream& stream) const {
  const Driver& api = driver();
  check(api, api.memcpyDtoHAsync(address_, from.address_, bytes_, stream.get()), "cuMemcpyDtoHAsync");
}

}  // namespace refit
