#pragma once
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "file.h"

namespace refit {

/**
 * Reads a file into the system's page cache while something else is done, several parts at once, which a mapped file's
 * own faults, one page after the other, never ask of a disk. A file that is in the cache already is left alone. Ends
 * with the object, wherever it is by then.
 */
class ReadAhead {
 public:
  /** @throws NativeError FILE_FAILED. */
  explicit ReadAhead(const std::string& path);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

 private:
  void read();

  ReadFile file_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> ended_{false};
  std::vector<std::thread> threads_;
};

}  // namespace refit
