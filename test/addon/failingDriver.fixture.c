/*
 * The real driver (REAL, a path), in which one call fails when a test says so: DRIVER_FAILS=cuEventRecord. What touches host memory
 * is told on stderr from then on, in its order, with the stream that it is of. Whatever is not here is found in the real one,
 * which this library is linked against.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void* real(const char* name) {
  static void* library;
  if (library == NULL) library = dlopen(REAL, RTLD_NOW);
  return dlsym(library, name);
}

static int hasFailed;
static void told(const char* call, void* stream) {
  if (getenv("DRIVER_FAILS") != NULL) fprintf(stderr, "%s %p\n", call, stream);
}

int cuEventRecord(void* event, void* stream) {
  if (getenv("DRIVER_FAILS") != NULL && !hasFailed) {
    hasFailed = 1;
    told("fail", stream);
    return 1; /* CUDA_ERROR_INVALID_VALUE: no fault, the context goes on. */
  }
  return ((int (*)(void*, void*))real("cuEventRecord"))(event, stream);
}

int cuMemcpyHtoDAsync_v2(unsigned long long to, const void* from, size_t bytes, void* stream) {
  told("copy", stream);
  return ((int (*)(unsigned long long, const void*, size_t, void*))real("cuMemcpyHtoDAsync_v2"))(to, from, bytes, stream);
}

int cuStreamSynchronize(void* stream) {
  told("wait", stream);
  return ((int (*)(void*))real("cuStreamSynchronize"))(stream);
}
