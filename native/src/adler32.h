#pragma once
#include <cstdint>

#include "bytes.h"

namespace refit {

/** Adler-32 (RFC 1950), the checksum of a zlib stream's data; 1 for no bytes. */
std::uint32_t adler32(Bytes bytes);

}  // namespace refit
