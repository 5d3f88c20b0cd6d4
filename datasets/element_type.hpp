/// Numbers as arrays of binary formats store them: integers and floats of either
/// byte order. It converts to double and knows no format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace troupe {

struct ElementType {
  char kind = 'u';  ///< u, i or f; b is a truth value
  std::size_t size = 0;
  bool big_endian = false;
  /// One that number_at() can read.
  bool known() const;
};

double number_at(const ElementType& type, const char* bytes);

/// As many as `out` has room for, rounded to 32 bits by way of double; returns the
/// position of the first one that is not finite then, or their number.
std::size_t read_floats(const ElementType& type, const char* bytes, std::span<float> out);

}  // namespace troupe
