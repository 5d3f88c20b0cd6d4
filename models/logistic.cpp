/// Log loss ln(1 + exp(-y s)) for a score s and y in {-1, +1}; the derivative in s
/// is -y / (1 + exp(y s)).
#include "models/logistic.hpp"

#include <cmath>

#include "models/linear.hpp"

namespace troupe {
namespace {

RowLoss log_loss(double score, float label) {
  const double y = class_of(label);
  const double margin = y * score;
  // exp of a number <= 0 only, so that nothing overflows.
  const double small = std::exp(-std::abs(margin));
  // log1p takes three times as long for digits below 1e-16.
  const double loss = std::log(1.0 + small) + (margin < 0 ? -margin : 0.0);
  const double against = (margin < 0 ? 1.0 : small) / (1.0 + small);
  return {loss, -y * against};
}

double sigmoid(double score) { return 1.0 / (1.0 + std::exp(-score)); }

}  // namespace

ModelKind logistic_kind() {
  return {.kind = {.name = "logistic",
                   .sentence = "Logistic regression: log loss, labels > 0 against the rest."},
          .make = [](const ModelRequest& request) {
            return make_linear(
                {.at = log_loss, .probability = sigmoid, .curvature = 0.25, .meaning = "log loss"},
                request);
          }};
}

}  // namespace troupe
