/** What every host's process has in its environment. */

/**
 * Settings of glibc's allocator; other C libraries ignore them. The engine library allocates much and often, which is part of a
 * refit's time and more of a session's opening. Huge pages (`hugetlb`) save page faults. `tcache_count` is how many freed blocks of
 * each small size a thread keeps for its next use, 7 by default: with 2000 the library made a context of `photo-x4` in 0.24 s
 * instead of 0.28 (H100, glibc 2.39). A thread that used so many of every size would keep 67 MB.
 */
const allocator = ['glibc.malloc.hugetlb=1', 'glibc.malloc.tcache_count=2000'];

/** Each run of the addon and each of its reads and writes of pictures holds one of libuv's threads, of which there are 4 by default. */
export const hostEnvironment = {
  ...process.env,
  UV_THREADPOOL_SIZE: '16',
  GLIBC_TUNABLES: [process.env.GLIBC_TUNABLES, ...allocator].filter(Boolean).join(':'),
  // ONNX Runtime's build for Linux would tell Microsoft of every session, under a name that it gives this computer.
  ORT_DISABLE_TELEMETRY: '1',
};
