#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "picture_file.h"

namespace refit {

/**
 * A picture file mapped for writing, where system calls are too slow: calls that write one file wait for each other,
 * and stores of several threads do not. Bytes must be reserved before they are stored to, or the process would die on a
 * full disk.
 */
class PictureMap {
 public:
  /** @throws NativeError FILE_FAILED. */
  explicit PictureMap(PictureFacts facts);
  ~PictureMap();
  PictureMap(const PictureMap&) = delete;
  PictureMap& operator=(const PictureMap&) = delete;

  /** Unmaps on a thread of its own, where nothing waits for that: of a large picture it takes the system longer than a
   * tile. */
  static void unmapLater(std::unique_ptr<PictureMap> map) noexcept;

  const PictureFacts& facts() const { return file_.facts(); }
  std::uint8_t* pixel(std::size_t x, std::size_t y) const { return address_ + facts().offset(x, y); }

  /** Reserves room for bytes of the file and keeps their values. Thread-safe. @throws NativeError FILE_FULL,
   * FILE_FAILED. */
  void reserve(std::uint64_t begin, std::uint64_t end) const;

 private:
  PictureFile file_;
  std::size_t bytes_;
#ifdef _WIN32
  void* mapping_ = nullptr;
#endif
  std::uint8_t* address_ = nullptr;
};

}  // namespace refit
