/// CRC32C over bytes, as ISA-L computes it. "123456789" gives e3069283.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace troupe {

/// Continues from an earlier result, so that pieces give the sum of the whole.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

}  // namespace troupe
