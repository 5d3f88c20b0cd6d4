/// Several seeds as one figure, and when a run got how far. Pure arithmetic.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/library/compare/recorded_run.hpp"

namespace troupe {

/// A mean with the 95 % confidence interval of Student's t; without one for a single value.
struct Estimate {
  double mean = 0;
  std::optional<double> half_width = {};
};

Estimate estimate(const std::vector<double>& values);

/// A goal of the validation: a loss to fall to, or an accuracy to rise to.
struct Target {
  bool accuracy = false;
  double value = 0;
};

/// The first evaluation that reached it: nothing between two evaluations is made up.
std::optional<Moment> reached(const RecordedRun& run, const Target& goal);

/// The best that every one of these runs reached: what all can be compared at.
std::optional<Target> common_goal(const std::vector<RecordedRun>& runs);

}  // namespace troupe
