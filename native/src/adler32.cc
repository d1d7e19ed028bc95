#include "adler32.h"

#include <algorithm>

namespace refit {

std::uint32_t adler32(Bytes bytes) {
  constexpr std::uint32_t kBase = 65521;
  // The weighted sum of so many bytes fits into 32 bits (zlib's NMAX).
  constexpr std::size_t kPiece = 5552;
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (std::size_t from = 0; from < bytes.size; from += kPiece) {
    const auto count = static_cast<std::uint32_t>(std::min(kPiece, bytes.size - from));
    // Two sums that know nothing of each other, so that compilers vectorize them.
    std::uint32_t sum = 0;
    std::uint32_t placed = 0;
    for (std::uint32_t i = 0; i < count; i++) {
      const std::uint32_t byte = bytes.data[from + i];
      sum += byte;
      placed += (count - i) * byte;
    }
    high = (high + count * low + placed % kBase) % kBase;
    low = (low + sum) % kBase;
  }
  constexpr std::uint32_t kHalf = 16;
  return (high << kHalf) | low;
}

}  // namespace refit
