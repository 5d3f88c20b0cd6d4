#include "algorithms/step_predictor.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace troupe {
namespace {

/// Times in units of the first one, so that all inputs are of like size.
double in_units(double& unit, double seconds) {
  if (!std::isfinite(seconds) || seconds <= 0) return 0;
  if (unit == 0) unit = seconds;
  return std::min(seconds / unit, 1e3);
}

/// How far the line may turn at first: it begins as the last count and trusts that a little.
constexpr double doubt = 0.3;

}  // namespace

double StepPredictor::next(std::uint32_t id, const StepSigns& signs) {
  Worker& worker = workers_[id];
  const std::uint64_t now = reports_++;
  if (worker.begun) {
    const auto count = static_cast<double>(now - worker.reported_at - 1);
    learn(worker, count);
    worker.last = count;
  } else {
    for (std::size_t i = 0; i < inputs; ++i) worker.covariance[i][i] = doubt;
  }
  worker.begun = true;
  worker.reported_at = now;
  worker.seen = {1, worker.last, in_units(worker.unit[0], signs.pull_seconds),
                 in_units(worker.unit[1], signs.compute_seconds)};
  const double said =
      std::inner_product(worker.weights.begin(), worker.weights.end(), worker.seen.begin(), 0.0);
  return std::isfinite(said) ? std::max(said, 0.0) : worker.last;
}

double StepPredictor::last(std::uint32_t worker) const {
  const auto found = workers_.find(worker);
  return found == workers_.end() ? 0 : found->second.last;
}

// Recursive least squares with forgetting; the covariance stays bounded where the inputs
// do not change.
void StepPredictor::learn(Worker& worker, double count) const {
  const Vector& x = worker.seen;
  Vector px{};
  for (std::size_t i = 0; i < inputs; ++i)
    px[i] = std::inner_product(x.begin(), x.end(), worker.covariance[i].begin(), 0.0);
  const double xpx = std::inner_product(x.begin(), x.end(), px.begin(), 0.0);
  const double error = count - std::inner_product(x.begin(), x.end(), worker.weights.begin(), 0.0);
  for (std::size_t i = 0; i < inputs; ++i) {
    const double gain = px[i] / (keep_ + xpx);
    worker.weights[i] += gain * error;
    for (std::size_t j = 0; j < inputs; ++j) {
      double& entry = worker.covariance[i][j];
      entry = std::clamp((entry - gain * px[j]) / keep_, -1e6, 1e6);
    }
  }
}

}  // namespace troupe
