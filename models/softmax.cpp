/// Softmax regression for several classes: cross-entropy -ln p_y, where p is
/// exp(W x + b) over its sum; its slope in the scores is p minus 1 at the label.
#include "models/network.hpp"

namespace troupe {

ModelKind softmax_kind() {
  return {.kind = {.name = "softmax",
                   .sentence = "Softmax regression: cross-entropy, several classes.",
                   .keys = classes_keys()},
          .make = [](const ModelRequest& request) {
            return make_network(
                {.kind = "softmax", .hidden = {}, .classes = classes_of(request, "softmax")},
                request);
          }};
}

}  // namespace troupe
