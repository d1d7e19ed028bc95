/**
 * For tests alone, no part of the app: makes real faults of GPUs and native code.
 * `tsx test/addon/buildFaults.ts` compiles it; test/faults/gpu.gpu.test.ts says what it is for. It needs no CUDA
 * toolkit, and says so where there is no driver.
 */
#include <napi.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Result = int;
using Address = unsigned long long;
constexpr Result kSuccess = 0;
/** The driver hands out memory in pages of this size. */
constexpr std::size_t kPage = std::size_t{2} << 20;

void* entry(const char* name) {
#ifdef _WIN32
  static const HMODULE library = LoadLibraryExW(L"nvcuda.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (library == nullptr) throw std::runtime_error("There is no NVIDIA driver: nvcuda.dll does not open.");
  void* const found = reinterpret_cast<void*>(GetProcAddress(library, name));
#else
  static void* const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error("There is no NVIDIA driver: libcuda.so.1 does not open.");
  void* const found = dlsym(library, name);
#endif
  if (found == nullptr) throw std::runtime_error(std::string("The NVIDIA driver has no ") + name + ".");
  return found;
}

/** @returns a function of the driver, of the type that the caller knows it has. */
template <class Function>
Function driver(const char* name) {
  return reinterpret_cast<Function>(entry(name));
}

std::string nameOf(Result result) {
  const char* name = nullptr;
  driver<Result (*)(Result, const char**)>("cuGetErrorName")(result, &name);
  return name == nullptr ? "CUDA error " + std::to_string(result) : name;
}

void check(Result result, const char* call) {
  if (result != kSuccess) throw std::runtime_error(std::string(call) + ": " + nameOf(result));
}

/** Makes the device's primary context current on this thread: the one that the rest of the process uses too. */
void enterContext(int index) {
  check(driver<Result (*)(unsigned)>("cuInit")(0), "cuInit");
  int device = 0;
  check(driver<Result (*)(int*, int)>("cuDeviceGet")(&device, index), "cuDeviceGet");
  static void* context = nullptr;
  if (context == nullptr)
    check(driver<Result (*)(void**, int)>("cuDevicePrimaryCtxRetain")(&context, device), "cuDevicePrimaryCtxRetain");
  check(driver<Result (*)(void*)>("cuCtxSetCurrent")(context), "cuCtxSetCurrent");
}

/** A kernel that stores to the address it is given. The driver compiles it for any GPU from 7.5 on. */
constexpr const char* kStore = R"(
.version 6.3
.target sm_75
.address_size 64
.visible .entry store(.param .u64 address)
{
  .reg .u64 %to;
  .reg .u32 %value;
  ld.param.u64 %to, [address];
  mov.u32 %value, 1;
  st.volatile.global.u32 [%to], %value;
  ret;
}
)";

/** Has a kernel write to an unmapped address. @returns the driver's error, which every later call here gives too. */
std::string breakContext(int device) {
  using Launch =
      Result (*)(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);
  enterContext(device);
  void* module = nullptr;
  void* store = nullptr;
  check(driver<Result (*)(void**, const void*)>("cuModuleLoadData")(&module, kStore), "cuModuleLoadData");
  check(driver<Result (*)(void**, void*, const char*)>("cuModuleGetFunction")(&store, module, "store"),
        "cuModuleGetFunction");
  Address nowhere = 0;
  void* parameters[] = {&nowhere};
  check(driver<Launch>("cuLaunchKernel")(store, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr), "cuLaunchKernel");
  return nameOf(driver<Result (*)()>("cuCtxSynchronize")());
}

std::size_t freeBytes() {
  std::size_t free = 0;
  std::size_t total = 0;
  check(driver<Result (*)(std::size_t*, std::size_t*)>("cuMemGetInfo_v2")(&free, &total), "cuMemGetInfo");
  return free;
}

std::vector<Address>& held() {
  static std::vector<Address> addresses;
  return addresses;
}

/** Takes memory until no more than `leave` bytes are free for others. */
void fill(std::size_t leave) {
  const auto allocate = driver<Result (*)(Address*, std::size_t)>("cuMemAlloc_v2");
  for (std::size_t free = freeBytes(); free >= leave + kPage; free = freeBytes()) {
    Address address = 0;
    std::size_t bytes = (free - leave) / kPage * kPage;
    // What is free need not lie in one piece.
    while (bytes >= kPage && allocate(&address, bytes) != kSuccess) bytes = bytes / 2 / kPage * kPage;
    if (bytes < kPage) return;
    held().push_back(address);
  }
}

void release() {
  const auto free = driver<Result (*)(Address)>("cuMemFree_v2");
  for (const Address address : held()) check(free(address), "cuMemFree");
  held().clear();
}

/** What `work` makes of the call's one number; what it throws, JavaScript throws. */
template <class Work>
Napi::Value answered(const Napi::CallbackInfo& info, const Work& work) {
  const std::int64_t given = info[0].IsNumber() ? info[0].As<Napi::Number>().Int64Value() : 0;
  try {
    return Napi::Value::From(info.Env(), work(given));
  } catch (const std::runtime_error& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  const auto define = [&](const char* name, const auto& work) {
    const auto call = [work](const Napi::CallbackInfo& info) { return answered(info, work); };
    exports.Set(name, Napi::Function::New(env, call, name));
  };
  define("breakContext", [](std::int64_t device) { return breakContext(static_cast<int>(device)); });
  define("fill", [](std::int64_t leave) {
    enterContext(0);
    fill(static_cast<std::size_t>(leave));
    return static_cast<double>(freeBytes());
  });
  define("release", [](std::int64_t) {
    enterContext(0);
    release();
    return static_cast<double>(freeBytes());
  });
  define("segfault", [](std::int64_t) {
    // Volatile twice, or a compiler would leave out the invalid store.
    volatile int* volatile nowhere = nullptr;
    return static_cast<double>(*nowhere = 1);
  });
  define("abort", [](std::int64_t) -> double { std::abort(); });
  return exports;
}

}  // namespace

static Napi::Object initFaults(Napi::Env env, Napi::Object exports) { return init(env, exports); }
NODE_API_MODULE(gpu_faults, initFaults)
