#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "error.h"

namespace refit {

/** A part of a picture, in pixels. */
struct PixelRect {
  std::size_t x = 0;
  std::size_t y = 0;
  std::size_t width = 0;
  std::size_t height = 0;
};

/** Size of the header before the rows; it belongs to the file's maker. */
constexpr std::size_t kPictureHeaderBytes = 64;

/** Where a picture file lies and its shape; native/pixels.ts says what such a file is. */
struct PictureFacts {
  std::string file;
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t channels = 0;

  std::size_t rowBytes() const { return width * channels; }
  std::uint64_t fileBytes() const { return kPictureHeaderBytes + std::uint64_t{rowBytes()} * height; }
  /** Where a pixel lies in the file. */
  std::uint64_t offset(std::size_t x, std::size_t y) const {
    return kPictureHeaderBytes + std::uint64_t{y} * rowBytes() + x * channels;
  }
};

/** @param code the system's. @returns FILE_FULL where it is for want of space, else FILE_FAILED, with the system's
 * words. */
NativeError pictureFailure(const char* what, const std::string& file, int code);

/**
 * An open picture file. System calls move the pixels: where somebody cuts the file short, or its holes find no room on
 * a full disk, a call fails, while a process would die of touching a mapping. They also cost no page fault. All methods
 * may run on any threads at once, take parts inside the picture, and throw NativeError FILE_FAILED with the system's
 * words.
 */
class PictureFile {
 public:
  enum class Access { Read, Write };

  /** @throws NativeError FILE_FAILED also where it is no regular file, or too short for its facts. */
  PictureFile(PictureFacts facts, Access access);
  ~PictureFile();
  PictureFile(const PictureFile&) = delete;
  PictureFile& operator=(const PictureFile&) = delete;

  const PictureFacts& facts() const { return facts_; }
  Access access() const { return access_; }

  /** @param out rect's bytes, rows tight. */
  void read(const PixelRect& rect, std::uint8_t* out) const;
  /** @throws NativeError FILE_FULL as well. */
  void write(const PixelRect& rect, const std::uint8_t* bytes) const;
  /** Cuts a tile as app/tiles.ts does: begins inside the picture, and mirrors it beyond its last column and row. */
  void cutTile(const PixelRect& tile, std::uint8_t* out) const;

 private:
  friend class PictureMap;
  void readAt(std::uint8_t* to, std::size_t bytes, std::uint64_t offset) const;
  void writeAt(const std::uint8_t* from, std::size_t bytes, std::uint64_t offset) const;

  PictureFacts facts_;
  Access access_;
#ifdef _WIN32
  void* handle_ = nullptr;
#else
  int handle_ = -1;
#endif
};

}  // namespace refit
