#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "bytes.h"

namespace refit {

/** A file open for reading; paths are UTF-8 everywhere. */
class ReadFile {
 public:
  /** @throws NativeError FILE_FAILED with the system's words. */
  explicit ReadFile(const std::string& path);
  ~ReadFile();
  ReadFile(const ReadFile&) = delete;
  ReadFile& operator=(const ReadFile&) = delete;

  std::uint64_t size() const { return size_; }
  /**
   * Fills `to`; large reads are spread over threads, since one copies slower than a disk or the page cache gives.
   * @returns false where the system fails or the file ends before. Thread-safe.
   */
  bool readAt(void* to, std::size_t bytes, std::uint64_t offset) const noexcept;

 private:
  friend class MappedFile;
  bool readPart(void* to, std::size_t bytes, std::uint64_t offset) const noexcept;

#ifdef _WIN32
  void* handle_ = nullptr;
#else
  int handle_ = -1;
#endif
  std::uint64_t size_ = 0;
};

/** A whole file as memory: the system reads a page when it is first touched, and may drop it again. No copy is made. */
class MappedFile {
 public:
  /** @throws NativeError FILE_FAILED. */
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const { return bytes_; }

 private:
#ifdef _WIN32
  void* mapping_ = nullptr;
#endif
  Bytes bytes_;
};

/**
 * Writes a file and syncs it; what was there is replaced. A file that could not be written whole is removed.
 * @throws NativeError FILE_FAILED with the system's words.
 */
void writeFile(const std::string& path, Bytes bytes);

}  // namespace refit
