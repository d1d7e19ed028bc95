#pragma once
#include <cstddef>
#include <cstdint>

namespace refit {

/** A view of bytes: their owner must outlive it. */
struct Bytes {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
};

}  // namespace refit
