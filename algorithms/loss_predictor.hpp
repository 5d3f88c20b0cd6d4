/// The losses that come next, as a time series that is learned while it runs (LC-ASGD,
/// Algorithm 3): l' = a l + b, fitted by least squares to the pairs of losses seen one after
/// the other, the older the less they count. It never expects more than was ever seen.
#pragma once

#include <cstdint>

namespace troupe {

class LossPredictor {
 public:
  /// `memory` is about how many pairs count, >= 1.
  explicit LossPredictor(double memory) : keep_(1 - 1 / memory) {}

  /// The next loss of the series. One that is not finite is passed over.
  void learn(double loss);
  /// The sum of the `updates` losses behind `loss`; at most `updates_max` of them.
  double sum_of_next(double loss, std::uint64_t updates) const;

  static constexpr std::uint64_t updates_max = 4096;

 private:
  struct Line {
    double a = 1;
    double b = 0;
  };
  Line fitted() const;

  double keep_;
  double last_ = 0;
  double most_ = 0;
  bool begun_ = false;
  // Weighted sums over the pairs (x, y).
  double n_ = 0;
  double x_ = 0;
  double y_ = 0;
  double xx_ = 0;
  double xy_ = 0;
};

}  // namespace troupe
