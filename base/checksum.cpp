#include "base/checksum.hpp"

#include <algorithm>

// ISA-L's prototype takes a mutable pointer although it only reads.
extern "C" unsigned int crc32_iscsi(unsigned char* buffer, int length, unsigned int before);

namespace troupe {

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before) {
  // Its length is an int: pieces stay well below.
  constexpr std::size_t piece_max = std::size_t{1} << 29;
  std::uint32_t state = ~before;
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), piece_max);
    auto* data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data()));
    state = crc32_iscsi(data, static_cast<int>(size), state);
    bytes = bytes.subspan(size);
  }
  return ~state;
}

}  // namespace troupe
