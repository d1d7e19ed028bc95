#include "picture_map.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <system_error>
#include <thread>
#endif

#include <cerrno>
#include <utility>

namespace refit {

#ifdef _WIN32
PictureMap::PictureMap(PictureFacts facts)
    : file_(std::move(facts), PictureFile::Access::Write), bytes_(static_cast<std::size_t>(file_.facts().fileBytes())) {
  mapping_ = CreateFileMappingW(file_.handle_, nullptr, PAGE_READWRITE, 0, 0, nullptr);
  if (mapping_ == nullptr) throw pictureFailure("Cannot map", this->facts().file, static_cast<int>(GetLastError()));
  address_ = static_cast<std::uint8_t*>(MapViewOfFile(mapping_, FILE_MAP_WRITE, 0, 0, bytes_));
  if (address_ != nullptr) return;
  const auto code = static_cast<int>(GetLastError());
  CloseHandle(mapping_);
  throw pictureFailure("Cannot map", this->facts().file, code);
}

PictureMap::~PictureMap() {
  UnmapViewOfFile(address_);
  CloseHandle(mapping_);
}

// Unmapped at once, since Windows cannot remove a mapped file.
void PictureMap::unmapLater(std::unique_ptr<PictureMap>) noexcept {}

// On Windows a file's room is reserved when its size is set.
void PictureMap::reserve(std::uint64_t, std::uint64_t) const {}
#else
PictureMap::PictureMap(PictureFacts facts)
    : file_(std::move(facts), PictureFile::Access::Write), bytes_(static_cast<std::size_t>(file_.facts().fileBytes())) {
  void* const address = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file_.handle_, 0);
  if (address == MAP_FAILED) throw pictureFailure("Cannot map", this->facts().file, errno);
  address_ = static_cast<std::uint8_t*>(address);
#ifdef MADV_HUGEPAGE
  madvise(address_, bytes_, MADV_HUGEPAGE);
#endif
}

PictureMap::~PictureMap() { munmap(address_, bytes_); }

void PictureMap::unmapLater(std::unique_ptr<PictureMap> map) noexcept {
  try {
    std::thread([unmapped = std::move(map)]() mutable { unmapped.reset(); }).detach();
  } catch (const std::system_error&) {
    // No thread could be had, and it is unmapped by now.
  }
}

void PictureMap::reserve(std::uint64_t begin, std::uint64_t end) const {
  // Where the file system cannot, the C library writes to every block that is empty.
  int code = 0;
  do {
    code = posix_fallocate(file_.handle_, static_cast<off_t>(begin), static_cast<off_t>(end - begin));
  } while (code == EINTR);
  if (code != 0) throw pictureFailure("Cannot write", facts().file, code);
}
#endif

}  // namespace refit
