/// One lambda per alternative of a variant.
#pragma once

#include <variant>

namespace troupe {

template <class... Functions>
struct Overload : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overload(Functions...) -> Overload<Functions...>;

}  // namespace troupe
