#include "apps/library/compare/statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace troupe {
namespace {

/// Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom.
constexpr std::array<double, 30> student = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                            2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                            2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                            2.060,  2.056, 2.052, 2.048, 2.045, 2.042};

double quantile(std::size_t freedom) {
  return freedom <= student.size() ? student[freedom - 1] : 1.96;
}

bool meets(const Moment& moment, const Target& target) {
  if (target.accuracy) return moment.accuracy && *moment.accuracy >= target.value;
  return moment.loss <= target.value;
}

}  // namespace

Estimate estimate(const std::vector<double>& values) {
  Estimate result;
  for (const double value : values) result.mean += value / static_cast<double>(values.size());
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  const auto n = static_cast<double>(values.size());
  result.half_width = quantile(values.size() - 1) * std::sqrt(squares / (n - 1) / n);
  return result;
}

std::optional<Moment> reached(const RecordedRun& run, const Target& target) {
  for (const Moment& moment : run.validation)
    if (meets(moment, target)) return moment;
  return std::nullopt;
}

std::optional<Target> common_goal(const std::vector<RecordedRun>& runs) {
  std::optional<double> worst;
  for (const RecordedRun& run : runs) {
    if (run.validation.empty()) return std::nullopt;
    const auto best = std::ranges::min_element(run.validation, {}, &Moment::loss);
    worst = std::max(worst.value_or(best->loss), best->loss);
  }
  if (!worst) return std::nullopt;
  return Target{.accuracy = false, .value = *worst};
}

}  // namespace troupe
