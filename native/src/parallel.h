#pragma once
#include <algorithm>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace refit {

/** How many threads work on `bytes` is worth: one for each megabyte, and at most eight. */
inline std::size_t worthThreads(std::size_t bytes) {
  constexpr std::size_t kMost = 8;
  constexpr std::size_t kShare = std::size_t{1} << 20;
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  return std::clamp<std::size_t>(bytes / kShare, 1, std::min(kMost, cores));
}

/**
 * Calls `work(begin, end)` with parts of 0 … count - 1, side by side, this thread among them. Returns when all have
 * ended.
 * @throws the first exception that any threw.
 */
template <class Work>
void inParallel(std::size_t count, std::size_t threads, const Work& work) {
  const std::size_t share = std::max<std::size_t>(1, (count + threads - 1) / threads);
  std::mutex mutex;
  std::exception_ptr thrown;
  const auto part = [&](std::size_t begin) noexcept {
    try {
      work(begin, std::min(begin + share, count));
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!thrown) thrown = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  std::size_t begin = share;
  try {
    for (; begin < count; begin += share) others.emplace_back(part, begin);
  } catch (...) {
    // The system starts no more threads: this one does the rest.
  }
  if (count > 0) part(0);
  for (; begin < count; begin += share) part(begin);
  for (std::thread& other : others) other.join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace refit
