/// Numbers as arrays of binary formats store them: integers and floats of either
/// byte order. It converts to double and knows no format.
#pragma once

#include <cstddef>
#include <cstdint>

namespace troupe {

struct ElementType {
  char kind = 'u';  ///< u, i or f; b is a truth value
  std::size_t size = 0;
  bool big_endian = false;
  /// One that number_at() can read.
  bool known() const;
};

double number_at(const ElementType& type, const char* bytes);

}  // namespace troupe
