#include "read_ahead.h"

#ifndef _WIN32
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <algorithm>

namespace refit {
namespace {

constexpr std::size_t kPartBytes = std::size_t{1} << 22;
/** Below this many bytes a thread costs more than it gains. */
constexpr std::uint64_t kWorthBytes = std::uint64_t{1} << 26;

/** Whether nearly all of a file is in the page cache; false where the system does not tell. */
bool isCached(const std::string& path) {
#if defined(_WIN32) || defined(__APPLE__)
  static_cast<void>(path);
  return false;
#else
  const MappedFile file(path);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((file.bytes().size + page - 1) / page);
  if (mincore(const_cast<std::uint8_t*>(file.bytes().data), file.bytes().size, pages.data()) != 0) return false;
  const auto cached = std::count_if(pages.begin(), pages.end(), [](unsigned char state) { return (state & 1) != 0; });
  return static_cast<std::size_t>(cached) * 20 > pages.size() * 19;
#endif
}

}  // namespace

ReadAhead::ReadAhead(const std::string& path) : file_(path) {
  constexpr int kThreads = 4;
  if (file_.size() < kWorthBytes || isCached(path)) return;
  try {
    for (int i = 0; i < kThreads; i++) threads_.emplace_back([this] { read(); });
  } catch (...) {
    // With fewer threads, or none, the file is only read later.
  }
}

ReadAhead::~ReadAhead() {
  ended_ = true;
  for (std::thread& thread : threads_) thread.join();
}

void ReadAhead::read() {
  std::vector<std::uint8_t> part(kPartBytes);
  while (!ended_) {
    const std::uint64_t offset = next_.fetch_add(kPartBytes);
    if (offset >= file_.size()) return;
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(kPartBytes, file_.size() - offset));
    if (!file_.readAt(part.data(), bytes, offset)) return;
  }
}

}  // namespace refit
