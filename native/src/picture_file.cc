#include "picture_file.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "error.h"
#include "system.h"

namespace refit {
namespace {

/** No system call moves more than 2 GiB at once. */
constexpr std::size_t kMostBytesACall = std::size_t{1} << 26;

#ifdef _WIN32
int lastError() { return static_cast<int>(GetLastError()); }
bool isFull(int code) { return code == ERROR_DISK_FULL || code == ERROR_HANDLE_DISK_FULL; }
#else
int lastError() { return errno; }
bool isFull(int code) { return code == ENOSPC || code == EDQUOT || code == EFBIG; }
#endif

/** An index mirrored back into 0 … length - 1; the edge itself is not repeated. */
std::size_t mirrored(std::size_t index, std::size_t length) {
  if (index < length) return index;
  if (length == 1) return 0;
  const std::size_t period = 2 * (length - 1);
  const std::size_t folded = index % period;
  return folded < length ? folded : period - folded;
}

}  // namespace

NativeError pictureFailure(const char* what, const std::string& path, int code) {
  const bool full = isFull(code);
  return {full ? ErrorCode::FileFull : ErrorCode::FileFailed,
          std::string(full ? "No space is left to write" : what) + " " + path + ": " + systemWords(code)};
}

#ifdef _WIN32
PictureFile::PictureFile(PictureFacts facts, Access access) : facts_(std::move(facts)), access_(access) {
  // The file's maker may still write it, or may have asked Windows to delete it with the last handle.
  constexpr DWORD kShare = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  const DWORD rights = access == Access::Write ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ;
  handle_ = CreateFileW(windowsPath(facts_.file).c_str(), rights, kShare, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL,
                        nullptr);
  if (handle_ == INVALID_HANDLE_VALUE) throw pictureFailure("Cannot open", facts_.file, lastError());
  LARGE_INTEGER size{};
  const bool isFile = GetFileType(handle_) == FILE_TYPE_DISK && GetFileSizeEx(handle_, &size);
  if (isFile && static_cast<std::uint64_t>(size.QuadPart) >= facts_.fileBytes()) return;
  CloseHandle(handle_);
  throw NativeError(ErrorCode::FileFailed,
                    "Expected a file of at least " + std::to_string(facts_.fileBytes()) + " bytes: " + facts_.file);
}

PictureFile::~PictureFile() { CloseHandle(handle_); }

void PictureFile::readAt(std::uint8_t* to, std::size_t bytes, std::uint64_t offset) const {
  while (bytes > 0) {
    OVERLAPPED where{};
    where.Offset = static_cast<DWORD>(offset);
    where.OffsetHigh = static_cast<DWORD>(offset >> 32);
    DWORD count = 0;
    if (!::ReadFile(handle_, to, static_cast<DWORD>(std::min(bytes, kMostBytesACall)), &count, &where) || count == 0)
      throw pictureFailure("Cannot read", facts_.file, lastError());
    to += count;
    bytes -= count;
    offset += count;
  }
}

void PictureFile::writeAt(const std::uint8_t* from, std::size_t bytes, std::uint64_t offset) const {
  while (bytes > 0) {
    OVERLAPPED where{};
    where.Offset = static_cast<DWORD>(offset);
    where.OffsetHigh = static_cast<DWORD>(offset >> 32);
    DWORD count = 0;
    if (!WriteFile(handle_, from, static_cast<DWORD>(std::min(bytes, kMostBytesACall)), &count, &where) || count == 0)
      throw pictureFailure("Cannot write", facts_.file, lastError());
    from += count;
    bytes -= count;
    offset += count;
  }
}
#else
PictureFile::PictureFile(PictureFacts facts, Access access) : facts_(std::move(facts)), access_(access) {
  // O_NONBLOCK does not wait for a pipe's other end. Symbolic links are followed: /proc/<pid>/fd/<n> is one.
  handle_ = open(facts_.file.c_str(), (access == Access::Write ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_CLOEXEC);
  if (handle_ < 0) throw pictureFailure("Cannot open", facts_.file, lastError());
  struct stat found {};
  const bool isFile = fstat(handle_, &found) == 0 && S_ISREG(found.st_mode);
  if (isFile && static_cast<std::uint64_t>(found.st_size) >= facts_.fileBytes()) return;
  close(handle_);
  throw NativeError(ErrorCode::FileFailed,
                    (isFile ? "Expected a file of at least " + std::to_string(facts_.fileBytes()) +
                                  " bytes but received one of " + std::to_string(found.st_size) + ": "
                            : std::string("Expected a regular file: ")) +
                        facts_.file);
}

PictureFile::~PictureFile() { close(handle_); }

void PictureFile::readAt(std::uint8_t* to, std::size_t bytes, std::uint64_t offset) const {
  while (bytes > 0) {
    const ssize_t count = pread(handle_, to, std::min(bytes, kMostBytesACall), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw pictureFailure("Cannot read", facts_.file, lastError());
    if (count == 0) throw NativeError(ErrorCode::FileFailed, "The file has become shorter: " + facts_.file);
    to += count;
    bytes -= static_cast<std::size_t>(count);
    offset += static_cast<std::uint64_t>(count);
  }
}

void PictureFile::writeAt(const std::uint8_t* from, std::size_t bytes, std::uint64_t offset) const {
  while (bytes > 0) {
    const ssize_t count = pwrite(handle_, from, std::min(bytes, kMostBytesACall), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw pictureFailure("Cannot write", facts_.file, count == 0 ? ENOSPC : lastError());
    from += count;
    bytes -= static_cast<std::size_t>(count);
    offset += static_cast<std::uint64_t>(count);
  }
}
#endif

void PictureFile::read(const PixelRect& rect, std::uint8_t* out) const {
  const std::size_t bytes = rect.width * facts_.channels;
  if (rect.width == facts_.width) return readAt(out, bytes * rect.height, facts_.offset(0, rect.y));
  for (std::size_t row = 0; row < rect.height; row++)
    readAt(out + row * bytes, bytes, facts_.offset(rect.x, rect.y + row));
}

void PictureFile::write(const PixelRect& rect, const std::uint8_t* from) const {
  const std::size_t bytes = rect.width * facts_.channels;
  if (rect.width == facts_.width) return writeAt(from, bytes * rect.height, facts_.offset(0, rect.y));
  for (std::size_t row = 0; row < rect.height; row++)
    writeAt(from + row * bytes, bytes, facts_.offset(rect.x, rect.y + row));
}

void PictureFile::cutTile(const PixelRect& tile, std::uint8_t* out) const {
  const std::size_t channels = facts_.channels;
  const std::size_t inside = std::min(tile.width, facts_.width - tile.x);
  const std::size_t rowBytes = tile.width * channels;
  // Mirroring may reach left of the tile, so all rows are read whole then. Empty where nothing is mirrored sideways.
  std::vector<std::uint8_t> whole(inside < tile.width ? facts_.rowBytes() : 0);
  const std::size_t rowsInside = std::min(tile.height, facts_.height - tile.y);
  for (std::size_t row = 0; row < tile.height; row++) {
    std::uint8_t* const to = out + row * rowBytes;
    const std::size_t y = mirrored(tile.y + row, facts_.height);
    if (row >= rowsInside && y >= tile.y && y < tile.y + rowsInside) {
      std::memcpy(to, out + (y - tile.y) * rowBytes, rowBytes);
    } else if (whole.empty()) {
      readAt(to, rowBytes, facts_.offset(tile.x, y));
    } else {
      readAt(whole.data(), whole.size(), facts_.offset(0, y));
      std::memcpy(to, whole.data() + tile.x * channels, inside * channels);
      for (std::size_t column = inside; column < tile.width; column++)
        std::memcpy(to + column * channels, whole.data() + mirrored(tile.x + column, facts_.width) * channels,
                    channels);
    }
  }
}

}  // namespace refit
