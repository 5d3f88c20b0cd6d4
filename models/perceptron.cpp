/// The perceptron (Rosenblatt 1958) as SGD on max(0, -y s), s the score and y in
/// {-1, +1}: a row on the wrong side, or on the border, adds rate y x to the weights,
/// and all others leave them alone.
#include "models/linear.hpp"

namespace troupe {
namespace {

RowLoss misplaced(double score, float label) {
  const double y = class_of(label);
  // Zero weights score 0, so the border must count as wrong, or nothing would begin.
  // Written so that a score that is no number gives a loss that is none either.
  if (y * score > 0) return {0.0, 0.0};
  return {-y * score, -y};
}

}  // namespace

ModelKind perceptron_kind() {
  return {.kind = {.name = "perceptron",
                   .sentence = "Perceptron: only rows on the wrong side move it."},
          .make = [](const ModelRequest& request) {
            return make_linear({.at = misplaced, .meaning = "distance to the right side"}, request);
          }};
}

}  // namespace troupe
