/// Decimal numbers in text, eight digits at a time. What is not of the simple form is left to
/// std::from_chars, and what is gives exactly the same number.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace troupe {

/// So many bytes behind a text must be readable for these functions.
inline constexpr std::size_t text_padding = 16;

/// The digits at the start of eight bytes.
struct Digits {
  std::uint32_t value = 0;
  std::uint32_t count = 0;  ///< 8: there may be more
};

inline Digits leading_digits(const char* at) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  bytes ^= 0x3030303030303030;  // digits become 0 to 9
  const std::uint64_t others = ((bytes + 0x7676767676767676) | bytes) & 0x8080808080808080;
  const auto count = static_cast<std::uint32_t>(std::countr_zero(others)) / 8;
  if (count == 0) return {};
  // Zeros come in front until there are eight digits; pairs, fours and all are joined.
  bytes <<= 64 - 8 * count;
  bytes = bytes * 10 + (bytes >> 8);
  constexpr std::uint64_t pairs = 0x000000FF000000FF;
  bytes = ((bytes & pairs) * (100 + (std::uint64_t{1000000} << 32)) +
           ((bytes >> 16) & pairs) * (1 + (std::uint64_t{10000} << 32))) >>
          32;
  return {static_cast<std::uint32_t>(bytes), count};
}

inline constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                           1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                           1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
inline constexpr std::uint32_t whole_powers_of_ten[] = {1,      10,      100,      1000,     10000,
                                                        100000, 1000000, 10000000, 100000000};

/// Where a number ends and what it is; at null it was not of the simple form.
struct SimpleNumber {
  const char* end = nullptr;
  double value = 0;
};

/// Whole numbers up to 2^53 and powers of ten up to 10^22 are doubles, so that their
/// product or quotient is rounded once, to the nearest (W. Clinger, "How to read
/// floating point numbers accurately", 1990).
SimpleNumber simple_number(const char* at);

/// The same for a number that will mostly be one digit, or one before the point and up
/// to seven behind it: the places of its letters are guessed, not computed.
inline SimpleNumber short_number(const char* at) {
  const bool negative = *at == '-';
  const char* first = negative ? at + 1 : at;
  const auto digit = static_cast<unsigned char>(*first - '0');
  if (digit > 9) return simple_number(at);
  double value = digit;
  const char* end = first + 1;
  if (*end == '.') {
    const Digits places = leading_digits(first + 2);
    if (places.count == 0 || places.count == 8) return simple_number(at);
    const auto mantissa =
        static_cast<double>(digit * whole_powers_of_ten[places.count] + places.value);
    value = mantissa / powers_of_ten[places.count];
    end = first + 2 + places.count;
  }
  // A digit or an exponent comes next: it is none of the short ones.
  if (static_cast<unsigned char>(*end - '0') <= 9 || (*end | 0x20) == 'e') return simple_number(at);
  return {end, negative ? -value : value};
}

}  // namespace troupe
