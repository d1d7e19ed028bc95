#include "plan_reader.h"

#include <algorithm>
#include <cstdint>

#include "driver.h"
#include "error.h"

namespace refit {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 26;

bool isDeviceMemory(unsigned long long address) {
  unsigned kind = 0;
  // Plain host memory is unknown to the driver, which is an answer too.
  const Driver& api = driver();
  return api.pointerGetAttribute(&kind, Driver::kPointerMemoryType, address) == Driver::kSuccess &&
         kind == Driver::kMemoryTypeDevice;
}

}  // namespace

PlanReader::PlanReader(const std::string& path, const Device& device) : file_(path), device_(device) {}

PlanReader::~PlanReader() { settle(); }

void PlanReader::settle() const noexcept {
  for (const std::unique_ptr<Block>& block : blocks_)
    if (block) block->copied.wait();
}

std::int64_t PlanReader::read(void* destination, std::int64_t wanted, cudaStream_t stream) noexcept {
  try {
    if (wanted < 0 || position_ > file_.size()) return -1;
    // The library may ask on a thread of its own.
    device_.makeCurrent();
    const std::size_t bytes =
        static_cast<std::size_t>(std::min(static_cast<std::uint64_t>(wanted), file_.size() - position_));
    const auto address = static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(destination));
    const bool isRead =
        isDeviceMemory(address) ? toDevice(address, bytes, stream) : file_.readAt(destination, bytes, position_);
    if (!isRead) return -1;
    position_ += bytes;
    return static_cast<std::int64_t>(bytes);
  } catch (...) {
    return -1;
  }
}

bool PlanReader::toDevice(unsigned long long to, std::size_t bytes, cudaStream_t stream) {
  const Driver& api = driver();
  for (std::size_t done = 0; done < bytes;) {
    std::unique_ptr<Block>& block = blocks_[next_];
    next_ = (next_ + 1) % blocks_.size();
    if (!block)
      block = std::make_unique<Block>(static_cast<std::size_t>(std::min<std::uint64_t>(kBlockBytes, file_.size())));
    if (!block->copied.wait()) return false;
    const std::size_t part = std::min(bytes - done, block->bytes);
    if (!file_.readAt(block->memory.get(), part, position_ + done)) return false;
    check(api, api.memcpyHtoDAsync(to + done, block->memory.get(), part, stream), "cuMemcpyHtoDAsync");
    block->copied.record(stream);
    done += part;
  }
  return true;
}

bool PlanReader::seek(std::int64_t offset, nvinfer1::SeekPosition where) noexcept {
  using nvinfer1::SeekPosition;
  const std::int64_t size = static_cast<std::int64_t>(file_.size());
  const std::int64_t from = where == SeekPosition::kSET   ? 0
                            : where == SeekPosition::kCUR ? static_cast<std::int64_t>(position_)
                                                          : size;
  if (from + offset < 0 || from + offset > size) return false;
  position_ = static_cast<std::uint64_t>(from + offset);
  return true;
}

}  // namespace refit
