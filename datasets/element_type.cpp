#include "datasets/element_type.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace troupe {
namespace {

/// IEEE 754 binary16: a sign, five bits of exponent, ten of fraction.
double half(std::uint32_t bits) {
  const auto exponent = static_cast<int>(bits >> 10 & 31);
  const auto fraction = static_cast<double>(bits & 1023);
  double size = std::numeric_limits<double>::infinity();
  if (exponent == 31 && fraction > 0) size = std::numeric_limits<double>::quiet_NaN();
  if (exponent == 0) size = std::ldexp(fraction, -24);
  if (exponent > 0 && exponent < 31) size = std::ldexp(1024 + fraction, exponent - 25);
  return (bits >> 15) != 0 ? -size : size;
}

}  // namespace

bool ElementType::known() const {
  if (kind == 'f') return size == 2 || size == 4 || size == 8;
  if (kind == 'b') return size == 1;
  return (kind == 'u' || kind == 'i') && (size == 1 || size == 2 || size == 4 || size == 8);
}

double number_at(const ElementType& type, const char* bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < type.size; ++i) {
    const std::size_t place = type.big_endian ? i : type.size - 1 - i;
    bits = bits << 8 | static_cast<unsigned char>(bytes[place]);
  }
  if (type.kind == 'f' && type.size == 2) return half(static_cast<std::uint32_t>(bits));
  if (type.kind == 'f')
    return type.size == 8
               ? std::bit_cast<double>(bits)
               : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  if (type.kind != 'i') return static_cast<double>(bits);
  const std::size_t unused = 64 - 8 * type.size;
  return static_cast<double>(static_cast<std::int64_t>(bits << unused) >> unused);
}

std::size_t read_floats(const ElementType& type, const char* bytes, std::span<float> out) {
  if (type.size == 1 && type.kind != 'i') {  // pixels: the compiler makes it wide
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<float>(static_cast<unsigned char>(bytes[i]));
    return out.size();
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<float>(number_at(type, bytes + i * type.size));
  const auto odd = std::ranges::find_if_not(out, [](float value) { return std::isfinite(value); });
  return static_cast<std::size_t>(odd - out.begin());
}

}  // namespace troupe
