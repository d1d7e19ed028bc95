#pragma once
#include <cstddef>
#include <string>

#include "device.h"

namespace refit {

#ifdef _WIN32
#define REFIT_CUDA_CALL __stdcall
#else
#define REFIT_CUDA_CALL
#endif

/** The few CUDA driver functions that we use, declared here because no CUDA toolkit is needed to build. All numbers are
 * those of cuda.h. */
struct Driver {
  using Result = int;
  using Ordinal = int;
  using Address = unsigned long long;
  struct Uuid {
    unsigned char bytes[16];
  };
  static constexpr Result kSuccess = 0;
  static constexpr Result kOutOfMemory = 2;
  static constexpr Result kNoDevice = 100;
  /** Faults that stay with their process: a kernel's (the 700s), memory or NVLink beyond repair (214, 220), unknown
   * (999). */
  static constexpr bool isFault(Result result) {
    return (result >= 700 && result < 800) || result == 214 || result == 220 || result == 999;
  }
  static constexpr int kAttributeClockRate = 13;
  static constexpr int kAttributeMultiprocessors = 16;
  static constexpr int kAttributeCapabilityMajor = 75;
  static constexpr int kAttributeCapabilityMinor = 76;
  static constexpr int kPointerMemoryType = 2;
  static constexpr unsigned kMemoryTypeDevice = 2;
  static constexpr unsigned kStreamNonBlocking = 1;
  static constexpr unsigned kEventDisableTiming = 2;
  static constexpr unsigned kEventBlockingSync = 1;

  Result(REFIT_CUDA_CALL* init)(unsigned flags);
  Result(REFIT_CUDA_CALL* driverGetVersion)(int* version);
  Result(REFIT_CUDA_CALL* getErrorName)(Result result, const char** name);
  Result(REFIT_CUDA_CALL* getErrorString)(Result result, const char** text);
  Result(REFIT_CUDA_CALL* deviceGetCount)(int* count);
  Result(REFIT_CUDA_CALL* deviceGet)(Ordinal* device, int index);
  Result(REFIT_CUDA_CALL* deviceGetName)(char* name, int length, Ordinal device);
  Result(REFIT_CUDA_CALL* deviceGetUuid)(Uuid* uuid, Ordinal device);
  Result(REFIT_CUDA_CALL* deviceGetAttribute)(int* value, int attribute, Ordinal device);
  Result(REFIT_CUDA_CALL* deviceTotalMem)(std::size_t* bytes, Ordinal device);
  Result(REFIT_CUDA_CALL* devicePrimaryCtxRetain)(CUctx_st** context, Ordinal device);
  Result(REFIT_CUDA_CALL* ctxSetCurrent)(CUctx_st* context);
  Result(REFIT_CUDA_CALL* memGetInfo)(std::size_t* freeBytes, std::size_t* totalBytes);
  Result(REFIT_CUDA_CALL* memAlloc)(Address* address, std::size_t bytes);
  Result(REFIT_CUDA_CALL* memFree)(Address address);
  Result(REFIT_CUDA_CALL* memHostAlloc)(void** address, std::size_t bytes, unsigned flags);
  Result(REFIT_CUDA_CALL* memFreeHost)(void* address);
  Result(REFIT_CUDA_CALL* memcpyHtoDAsync)(Address to, const void* from, std::size_t bytes, CUstream_st* stream);
  Result(REFIT_CUDA_CALL* memcpyDtoHAsync)(void* to, Address from, std::size_t bytes, CUstream_st* stream);
  Result(REFIT_CUDA_CALL* memcpyDtoDAsync)(Address to, Address from, std::size_t bytes, CUstream_st* stream);
  Result(REFIT_CUDA_CALL* streamCreate)(CUstream_st** stream, unsigned flags);
  Result(REFIT_CUDA_CALL* streamDestroy)(CUstream_st* stream);
  Result(REFIT_CUDA_CALL* streamSynchronize)(CUstream_st* stream);
  Result(REFIT_CUDA_CALL* streamWaitEvent)(CUstream_st* stream, CUevent_st* event, unsigned flags);
  Result(REFIT_CUDA_CALL* eventCreate)(CUevent_st** event, unsigned flags);
  Result(REFIT_CUDA_CALL* eventDestroy)(CUevent_st* event);
  Result(REFIT_CUDA_CALL* eventRecord)(CUevent_st* event, CUstream_st* stream);
  Result(REFIT_CUDA_CALL* eventSynchronize)(CUevent_st* event);
  Result(REFIT_CUDA_CALL* pointerGetAttribute)(void* value, int attribute, Address address);
};

/**
 * The driver, opened and initialized; a machine that has a driver but no GPU counts.
 * @throws NativeError DRIVER_MISSING with the system's words. Tried again at the next call.
 */
const Driver& driver();
/** Opens the driver's library alone, which works without a GPU. @throws NativeError DRIVER_MISSING. */
void openDriverLibrary();

/** The driver's name and words for a result. */
std::string describe(const Driver& api, Driver::Result result);

/** @throws NativeError OUT_OF_VRAM or CUDA, naming the call, where `result` is not success. */
void check(const Driver& api, Driver::Result result, const char* call);

}  // namespace refit
