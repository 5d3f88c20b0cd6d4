/// The least mean squares filter (Widrow and Hoff 1960): the output d of a filter
/// from its last inputs x as w . x, with w <- w + rate (d - w . x) x after each of
/// them. A row is such a delay line, its label is d. At a falling rate w goes to the
/// Wiener solution E[x x^T]^-1 E[d x]; at a fixed one it keeps up with a change.
#include "models/linear.hpp"

namespace troupe {

ModelKind lms_kind() {
  return {.kind = {.name = "lms",
                   .sentence = "LMS filter: a row is the delay line, its label the output."},
          .make = [](const ModelRequest& request) {
            return make_linear({.at = squared_error,
                                .slope_max = std::numeric_limits<double>::infinity(),
                                .classifies = false,
                                .meaning = "half squared error"},
                               request);
          }};
}

}  // namespace troupe
