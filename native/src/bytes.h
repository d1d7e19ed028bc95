#pragma once
#include <cstddef>
#include <cstdint>

namespace refit {

/** Bytes that someone else keeps alive. */
struct Bytes {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
};

}  // namespace refit
