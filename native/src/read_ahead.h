#pragma once
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "file.h"

namespace refit {

/**
 * Reads a file into the system's page cache in the background, several parts at once; page faults of a mapped file
 * would ask the disk for one page after the other. Leaves a file alone that is in the cache already. Ends with the
 * object, however far it is by then.
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
