#include "file.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "error.h"
#include "system.h"

namespace refit {
namespace {

NativeError failed(const std::string& what, const std::string& path) {
#ifdef _WIN32
  const int code = static_cast<int>(GetLastError());
#else
  const int code = errno;
#endif
  return {ErrorCode::FileFailed, what + " " + path + ": " + systemWords(code)};
}

/** No system call moves more than 2 GiB at once. */
constexpr std::size_t kMostBytesACall = std::size_t{1} << 26;

}  // namespace

#ifdef _WIN32
ReadFile::ReadFile(const std::string& path) {
  handle_ = CreateFileW(windowsPath(path).c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                        FILE_ATTRIBUTE_NORMAL, nullptr);
  LARGE_INTEGER size{};
  if (handle_ == INVALID_HANDLE_VALUE) throw failed("Cannot open", path);
  if (!GetFileSizeEx(handle_, &size)) {
    const NativeError error = failed("Cannot read", path);
    CloseHandle(handle_);
    throw error;
  }
  size_ = static_cast<std::uint64_t>(size.QuadPart);
}

ReadFile::~ReadFile() { CloseHandle(handle_); }

bool ReadFile::readPart(void* to, std::size_t bytes, std::uint64_t offset) const noexcept {
  auto* at = static_cast<std::uint8_t*>(to);
  while (bytes > 0) {
    OVERLAPPED where{};
    where.Offset = static_cast<DWORD>(offset);
    where.OffsetHigh = static_cast<DWORD>(offset >> 32);
    DWORD count = 0;
    if (!::ReadFile(handle_, at, static_cast<DWORD>(std::min(bytes, kMostBytesACall)), &count, &where) || count == 0)
      return false;
    at += count;
    bytes -= count;
    offset += count;
  }
  return true;
}

MappedFile::MappedFile(const std::string& path) {
  const ReadFile file(path);
  if (file.size() == 0) return;
  mapping_ = CreateFileMappingW(file.handle_, nullptr, PAGE_READONLY, 0, 0, nullptr);
  if (mapping_ == nullptr) throw failed("Cannot map", path);
  const void* const address = MapViewOfFile(mapping_, FILE_MAP_READ, 0, 0, 0);
  if (address == nullptr) {
    const NativeError error = failed("Cannot map", path);
    CloseHandle(mapping_);
    throw error;
  }
  bytes_ = {static_cast<const std::uint8_t*>(address), static_cast<std::size_t>(file.size())};
}

MappedFile::~MappedFile() {
  if (bytes_.data != nullptr) UnmapViewOfFile(bytes_.data);
  if (mapping_ != nullptr) CloseHandle(mapping_);
}

void writeFile(const std::string& path, Bytes bytes) {
  const std::wstring native = windowsPath(path);
  const HANDLE handle =
      CreateFileW(native.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (handle == INVALID_HANDLE_VALUE) throw failed("Cannot create", path);
  bool isWhole = true;
  for (std::size_t done = 0; isWhole && done < bytes.size;) {
    DWORD count = 0;
    const auto part = static_cast<DWORD>(std::min(bytes.size - done, kMostBytesACall));
    isWhole = WriteFile(handle, bytes.data + done, part, &count, nullptr) && count > 0;
    done += count;
  }
  isWhole = isWhole && FlushFileBuffers(handle);
  const NativeError error = failed("Cannot write", path);
  CloseHandle(handle);
  if (isWhole) return;
  DeleteFileW(native.c_str());
  throw error;
}
#else
// O_NONBLOCK: to open a FIFO would otherwise wait for its writer.
ReadFile::ReadFile(const std::string& path) : handle_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (handle_ < 0) throw failed("Cannot open", path);
  struct stat facts {};
  if (fstat(handle_, &facts) != 0) {
    const NativeError error = failed("Cannot read", path);
    close(handle_);
    throw error;
  }
  if (!S_ISREG(facts.st_mode)) {
    close(handle_);
    throw NativeError(ErrorCode::FileFailed, "Cannot read " + path + ": not a regular file");
  }
  size_ = static_cast<std::uint64_t>(facts.st_size);
}

ReadFile::~ReadFile() { close(handle_); }

bool ReadFile::readPart(void* to, std::size_t bytes, std::uint64_t offset) const noexcept {
  auto* at = static_cast<std::uint8_t*>(to);
  while (bytes > 0) {
    const ssize_t count = pread(handle_, at, std::min(bytes, kMostBytesACall), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += count;
    bytes -= static_cast<std::size_t>(count);
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

MappedFile::MappedFile(const std::string& path) {
  const ReadFile file(path);
  if (file.size() == 0) return;
  void* const address = mmap(nullptr, static_cast<std::size_t>(file.size()), PROT_READ, MAP_PRIVATE, file.handle_, 0);
  if (address == MAP_FAILED) throw failed("Cannot map", path);
  bytes_ = {static_cast<const std::uint8_t*>(address), static_cast<std::size_t>(file.size())};
}

MappedFile::~MappedFile() {
  if (bytes_.data != nullptr) munmap(const_cast<std::uint8_t*>(bytes_.data), bytes_.size);
}

void writeFile(const std::string& path, Bytes bytes) {
  constexpr mode_t kMode = 0644;
  const int handle = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (handle < 0) throw failed("Cannot create", path);
  bool isWhole = true;
  for (std::size_t done = 0; isWhole && done < bytes.size;) {
    const ssize_t count = write(handle, bytes.data + done, std::min(bytes.size - done, kMostBytesACall));
    if (count < 0 && errno == EINTR) continue;
    isWhole = count > 0;
    if (isWhole) done += static_cast<std::size_t>(count);
  }
  isWhole = isWhole && fsync(handle) == 0;
  const NativeError error = failed("Cannot write", path);
  isWhole = close(handle) == 0 && isWhole;
  if (isWhole) return;
  unlink(path.c_str());
  throw error;
}
#endif

bool ReadFile::readAt(void* to, std::size_t bytes, std::uint64_t offset) const noexcept {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kWorthThreads = std::size_t{1} << 23;
  if (bytes < kWorthThreads) return readPart(to, bytes, offset);
  const std::size_t share = (bytes + kThreads - 1) / kThreads;
  std::atomic<bool> isWhole = true;
  const auto readShare = [&](std::size_t from) {
    if (!readPart(static_cast<std::uint8_t*>(to) + from, std::min(share, bytes - from), offset + from)) isWhole = false;
  };
  std::vector<std::thread> threads;
  std::size_t from = share;
  try {
    for (; from < bytes; from += share) threads.emplace_back(readShare, from);
  } catch (...) {
    // The system starts no more threads: this one reads the rest.
  }
  readShare(0);
  for (; from < bytes; from += share) readShare(from);
  for (std::thread& thread : threads) thread.join();
  return isWhole;
}

}  // namespace refit
