#include "algorithms/loss_predictor.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

void LossPredictor::learn(double loss) {
  if (!std::isfinite(loss)) return;
  if (begun_) {
    n_ = keep_ * n_ + 1;
    x_ = keep_ * x_ + last_;
    y_ = keep_ * y_ + loss;
    xx_ = keep_ * xx_ + last_ * last_;
    xy_ = keep_ * xy_ + last_ * loss;
  }
  begun_ = true;
  last_ = loss;
  most_ = std::max(most_, loss);
}

// Losses that hardly differ say nothing of a slope: the last one goes on.
LossPredictor::Line LossPredictor::fitted() const {
  const double spread = n_ * xx_ - x_ * x_;
  if (n_ < 2 || spread <= 1e-12 * n_ * xx_) return {};
  const double a = std::clamp((n_ * xy_ - x_ * y_) / spread, -1.0, 1.0);
  return {.a = a, .b = (y_ - a * x_) / n_};
}

double LossPredictor::sum_of_next(double loss, std::uint64_t updates) const {
  if (!std::isfinite(loss)) return 0;
  const Line line = fitted();
  const double most = std::max(most_, loss);
  double sum = 0;
  double next = loss;
  for (std::uint64_t k = std::min(updates, updates_max); k > 0; --k) {
    next = std::clamp(line.a * next + line.b, 0.0, most);
    sum += next;
  }
  return sum;
}

}  // namespace troupe
