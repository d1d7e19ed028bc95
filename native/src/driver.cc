#include "driver.h"

#include <mutex>

#include "error.h"
#include "loader.h"

namespace refit {
namespace {

#ifdef _WIN32
constexpr const char* kDriverLibrary = "nvcuda.dll";
#else
constexpr const char* kDriverLibrary = "libcuda.so.1";
#endif

SharedLibrary openLibrary() {
  try {
    return SharedLibrary::openSystem(kDriverLibrary);
  } catch (const NativeError& error) {
    throw NativeError(ErrorCode::DriverMissing, error.what());
  }
}

Driver load() {
  const SharedLibrary library = openLibrary();
  Driver api{};
  const auto take = [&](auto& function, const char* name) {
    function = library.function<std::remove_reference_t<decltype(function)>>(name);
  };
  take(api.init, "cuInit");
  take(api.driverGetVersion, "cuDriverGetVersion");
  take(api.getErrorName, "cuGetErrorName");
  take(api.getErrorString, "cuGetErrorString");
  take(api.deviceGetCount, "cuDeviceGetCount");
  take(api.deviceGet, "cuDeviceGet");
  take(api.deviceGetName, "cuDeviceGetName");
  take(api.deviceGetUuid, "cuDeviceGetUuid");
  take(api.deviceGetAttribute, "cuDeviceGetAttribute");
  take(api.deviceTotalMem, "cuDeviceTotalMem_v2");
  take(api.devicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain");
  take(api.ctxSetCurrent, "cuCtxSetCurrent");
  take(api.memGetInfo, "cuMemGetInfo_v2");
  take(api.memAlloc, "cuMemAlloc_v2");
  take(api.memFree, "cuMemFree_v2");
  take(api.memHostAlloc, "cuMemHostAlloc");
  take(api.memFreeHost, "cuMemFreeHost");
  take(api.memcpyHtoDAsync, "cuMemcpyHtoDAsync_v2");
  take(api.memcpyDtoHAsync, "cuMemcpyDtoHAsync_v2");
  take(api.memcpyDtoDAsync, "cuMemcpyDtoDAsync_v2");
  take(api.streamCreate, "cuStreamCreate");
  take(api.streamDestroy, "cuStreamDestroy_v2");
  take(api.streamSynchronize, "cuStreamSynchronize");
  take(api.streamWaitEvent, "cuStreamWaitEvent");
  take(api.eventCreate, "cuEventCreate");
  take(api.eventDestroy, "cuEventDestroy_v2");
  take(api.eventRecord, "cuEventRecord");
  take(api.eventSynchronize, "cuEventSynchronize");
  take(api.pointerGetAttribute, "cuPointerGetAttribute");
  const Driver::Result started = api.init(0);
  if (started != Driver::kSuccess && started != Driver::kNoDevice)
    throw NativeError(ErrorCode::DriverMissing, "The NVIDIA driver does not start: " + describe(api, started));
  return api;
}

}  // namespace

void openDriverLibrary() { openLibrary(); }

std::string describe(const Driver& api, Driver::Result result) {
  const char* name = nullptr;
  const char* text = nullptr;
  api.getErrorName(result, &name);
  api.getErrorString(result, &text);
  if (name == nullptr) return "CUDA error " + std::to_string(result);
  return std::string(name) + (text == nullptr ? "" : std::string(": ") + text);
}

const Driver& driver() {
  static std::mutex mutex;
  static const Driver* api = nullptr;
  const std::lock_guard lock(mutex);
  if (api == nullptr) {
    try {
      api = new Driver(load());  // Leaked on purpose: buffers may be freed while the process ends.
    } catch (const NativeError& error) {
      throw NativeError(ErrorCode::DriverMissing, error.what());
    }
  }
  return *api;
}

void check(const Driver& api, Driver::Result result, const char* call) {
  if (result == Driver::kSuccess) return;
  const ErrorCode code = result == Driver::kOutOfMemory ? ErrorCode::OutOfVram : ErrorCode::Cuda;
  throw NativeError(code, std::string(call) + ": " + describe(api, result));
}

}  // namespace refit
