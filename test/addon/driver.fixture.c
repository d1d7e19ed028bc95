/* A driver that answers as the test says, for what no machine without a GPU has: it starts or not, has a card or not, is old. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int said(const char* name) {
  const char* const value = getenv(name);
  return value == NULL ? 0 : atoi(value);
}

int cuInit(unsigned flags) { return (void)flags, said("DRIVER_INIT"); }
int cuDriverGetVersion(int* version) { return *version = said("DRIVER_CUDA"), 0; }
int cuGetErrorName(int result, const char** name) { return *name = result == 999 ? "CUDA_ERROR_UNKNOWN" : "CUDA_ERROR_NO_DEVICE", 0; }
int cuGetErrorString(int result, const char** text) { return (void)result, *text = "as the test says", 0; }
int cuDeviceGetCount(int* count) { return *count = said("DRIVER_CARDS"), said("DRIVER_INIT") == 100 ? 3 : 0; }
int cuDeviceGet(int* device, int index) { return *device = index, 0; }
int cuDeviceGetName(char* name, int length, int device) { return (void)device, strncpy(name, "Card of a test", (size_t)length), 0; }
int cuDeviceGetUuid(char* uuid, int device) { return memset(uuid, device, 16), 0; }
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  (void)device;
  *value = attribute == 75 ? 8 : attribute == 76 ? 9 : attribute == 16 ? 46 : 2475000;
  return 0;
}
int cuDeviceTotalMem_v2(size_t* bytes, int device) { return (void)device, *bytes = 8585740288u, 0; }

/* Host memory that copies run beside: which calls touch it, in their order, on stderr. */
static int called(const char* name) { return fprintf(stderr, "%s\n", name), 0; }

int cuMemAlloc_v2(unsigned long long* address, size_t bytes) { return *address = (unsigned long long)(size_t)malloc(bytes), 0; }
int cuMemFree_v2(unsigned long long address) { return free((void*)(size_t)address), 0; }
int cuMemHostAlloc(void** address, size_t bytes, unsigned flags) { return (void)flags, *address = malloc(bytes), 0; }
int cuMemFreeHost(void* address) { return free(address), called("free"); }
int cuMemcpyHtoDAsync_v2(void) { return called("copy"); }
int cuStreamCreate(void** stream, unsigned flags) { return (void)flags, *stream = stream, 0; }
int cuStreamDestroy_v2(void) { return 0; }
int cuStreamSynchronize(void) { return called("wait"); }

/* Contexts: each retain is told on stderr. */
int cuDevicePrimaryCtxRetain(void** context, int device) { return *context = (void*)(size_t)(device + 1), called("retain"); }
int cuCtxSetCurrent(void* context) { return context == NULL ? 201 : 0; }
int cuMemGetInfo_v2(size_t* freeBytes, size_t* totalBytes) { return *freeBytes = 1, *totalBytes = 2, 0; }

/* Looked up when the driver is opened; nothing here calls them. */
#define UNUSED(name) \
  int name(void) { return 999; }
UNUSED(cuMemcpyDtoHAsync_v2)
UNUSED(cuMemcpyDtoDAsync_v2)
UNUSED(cuStreamWaitEvent)
UNUSED(cuEventCreate)
UNUSED(cuEventDestroy_v2)
UNUSED(cuEventRecord)
UNUSED(cuEventSynchronize)
UNUSED(cuPointerGetAttribute)
