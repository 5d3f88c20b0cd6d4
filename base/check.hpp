/// Assertions that stay on in every build: our own bugs, never a user's mistake
/// and never the world's failure. They print both values and abort.
#pragma once

#include <cstdlib>
#include <iostream>

namespace troupe {

template <class Left, class Right>
[[noreturn]] void check_failed(const char* text, const char* file, int line, const Left& left,
                               const Right& right) {
  std::cerr << file << ":" << line << ": bug in troupe: " << text << " (left " << left << ", right "
            << right << ")\n";
  std::abort();
}

}  // namespace troupe

#define TROUPE_CHECK(left, op, right)                                                    \
  do {                                                                                   \
    if (!((left)op(right))) [[unlikely]]                                                 \
      ::troupe::check_failed(#left " " #op " " #right, __FILE__, __LINE__, left, right); \
  } while (false)
