/// Hinge loss max(0, 1 - y s) for a score s and y in {-1, +1}. At the kink y s = 1
/// the sub-gradient is 0: a row on the margin moves nothing.
#include "models/svm.hpp"

#include "models/linear.hpp"

namespace troupe {
namespace {

RowLoss hinge(double score, float label) {
  const double y = class_of(label);
  const double short_of = 1.0 - y * score;
  // Written so that a score that is no number gives a loss that is none either.
  if (short_of <= 0) return {0.0, 0.0};
  return {short_of, -y};
}

}  // namespace

ModelKind svm_kind() {
  return {
      .kind = {.name = "svm", .sentence = "Linear SVM: hinge loss, labels > 0 against the rest."},
      .make = [](const ModelRequest& request) {
        return make_linear({.at = hinge, .curvature = 1.0, .meaning = "hinge loss", .hinge = true},
                           request);
      }};
}

}  // namespace troupe
