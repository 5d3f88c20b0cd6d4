/// A linear model of our own: half the squared hinge, max(0, 1 - y s)^2 / 2. The
/// library's linear family does the rest.
#include "kinds.hpp"
#include "models/linear.hpp"

namespace {

troupe::RowLoss loss(double score, float label) {
  const double y = troupe::class_of(label);
  const double short_of = 1.0 - y * score;
  if (short_of <= 0) return {0.0, 0.0};
  return {short_of * short_of / 2, -y * short_of};
}

}  // namespace

troupe::ModelKind squared_hinge() {
  return {.kind = {.name = "squared_hinge", .sentence = "Linear SVM with the squared hinge."},
          .make = [](const troupe::ModelRequest& request) {
            return troupe::make_linear({.at = loss, .curvature = 1.0}, request);
          }};
}
