/// Linear models: a score w . x, a loss of score and label, no bias. A model of
/// this family is a LinearLoss; everything else is here, once.
#pragma once

#include <limits>
#include <memory>

#include "models/model.hpp"

namespace troupe {

/// One row's loss and its derivative with respect to the score.
struct RowLoss {
  double loss;
  double slope;
};

struct LinearLoss {
  RowLoss (*at)(double score, float label);
  /// Score to [0, 1]; null when the model has no such reading.
  double (*probability)(double score) = nullptr;
  /// The largest second derivative, for the stopping rule.
  double curvature = 1;
  /// The largest first derivative, infinite where there is none.
  double slope_max = 1;
  /// Labels are the two classes of class_of(), not numbers.
  bool classifies = true;
  const char* meaning = "loss";
  /// at() is the hinge loss: there is a loop that has it built in.
  bool hinge = false;
};

/// Classes: a label > 0 is +1, every other one -1.
inline double class_of(float label) { return label > 0 ? 1.0 : -1.0; }

/// Half the squared error of the score against a label that is a number.
inline RowLoss squared_error(double score, float label) {
  const double error = score - label;
  return {error * error / 2, error};
}

std::unique_ptr<Model> make_linear(const LinearLoss& loss, const ModelRequest& request);

}  // namespace troupe
