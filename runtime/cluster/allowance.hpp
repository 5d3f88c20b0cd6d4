/// So much of something a second, and no more. It makes nobody wait: what is too much is
/// refused.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe {

/// As many at once after a second's rest.
class Allowance {
 public:
  explicit Allowance(double a_second) : a_second_(a_second), left_(a_second) {}
  bool take() {
    const auto now = std::chrono::steady_clock::now();
    const double passed = std::chrono::duration<double>(now - std::exchange(last_, now)).count();
    left_ = std::min(left_ + passed * a_second_, a_second_);
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double a_second_;
  double left_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace troupe
