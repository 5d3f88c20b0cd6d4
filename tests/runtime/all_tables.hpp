/// Every kind there is, for tests that loop over them.
#pragma once

#include "runtime/tables.hpp"

namespace troupe::testing {

inline const Tables& all() {
  static const Tables filled = tables();
  return filled;
}

}  // namespace troupe::testing
