#pragma once
#include <cstdint>

#include "bytes.h"

namespace refit {

/** Adler-32 (RFC 1950), the check of what zlib packs; 1 of no bytes. */
std::uint32_t adler32(Bytes bytes);

}  // namespace refit
