#include "datasets/element_type.hpp"

#include <bit>

namespace troupe {

bool ElementType::known() const {
  if (kind == 'f') return size == 4 || size == 8;
  if (kind == 'b') return size == 1;
  return (kind == 'u' || kind == 'i') && (size == 1 || size == 2 || size == 4 || size == 8);
}

double number_at(const ElementType& type, const char* bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < type.size; ++i) {
    const std::size_t place = type.big_endian ? i : type.size - 1 - i;
    bits = bits << 8 | static_cast<unsigned char>(bytes[place]);
  }
  if (type.kind == 'f')
    return type.size == 8
               ? std::bit_cast<double>(bits)
               : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  if (type.kind != 'i') return static_cast<double>(bits);
  const std::size_t unused = 64 - 8 * type.size;
  return static_cast<double>(static_cast<std::int64_t>(bits << unused) >> unused);
}

}  // namespace troupe
