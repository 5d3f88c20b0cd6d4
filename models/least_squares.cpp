/// Linear regression: half the squared error (s - y)^2 / 2 of a score s, labels
/// that are numbers. It has no bias: a feature that is always 1 gives it one.
#include "models/linear.hpp"

namespace troupe {

ModelKind linear_kind() {
  return {.kind = {.name = "linear",
                   .sentence = "Linear regression: half the squared error, labels are numbers."},
          .make = [](const ModelRequest& request) {
            return make_linear({.at = squared_error,
                                .slope_max = std::numeric_limits<double>::infinity(),
                                .classifies = false,
                                .meaning = "half squared error"},
                               request);
          }};
}

}  // namespace troupe
