#pragma once
#include <NvInferRuntime.h>

#include <array>
#include <memory>
#include <string>

#include "device.h"
#include "file.h"

namespace refit {

/**
 * A plan's file, read by the engine library as it needs it: weights go through two pinned blocks straight to the GPU,
 * so that the host never holds the plan. Copies under way end before it does.
 */
class PlanReader final : public nvinfer1::IStreamReaderV2 {
 public:
  /** @throws NativeError FILE_FAILED. */
  PlanReader(const std::string& path, const Device& device);
  ~PlanReader() override;
  PlanReader(const PlanReader&) = delete;
  PlanReader& operator=(const PlanReader&) = delete;

  const ReadFile& file() const { return file_; }
  /** Waits for the copies under way. */
  void settle() const noexcept;
  /** Called by the library to read on. @returns the bytes read, fewer at the file's end; -1 on a fault. */
  std::int64_t read(void* destination, std::int64_t bytes, cudaStream_t stream) noexcept override;
  bool seek(std::int64_t offset, nvinfer1::SeekPosition where) noexcept override;

 private:
  /** Pinned memory and the end of the copy that last used it. */
  struct Block {
    explicit Block(std::size_t size) : bytes(size), memory(size) {}
    std::size_t bytes;
    PinnedBuffer memory;
    Event copied;
  };
  bool toDevice(unsigned long long to, std::size_t bytes, cudaStream_t stream);

  ReadFile file_;
  Device device_;
  std::uint64_t position_ = 0;
  std::array<std::unique_ptr<Block>, 2> blocks_;
  std::size_t next_ = 0;
};

}  // namespace refit
