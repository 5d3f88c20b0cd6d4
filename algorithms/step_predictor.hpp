/// How many updates of others come between two gradients of one worker (LC-ASGD, Algorithm
/// 4): a straight line through the last count and the last times to pull and to compute,
/// learned while it runs, one line for each worker. It begins as "as many as last time".
#pragma once

#include <array>
#include <cstdint>
#include <map>

namespace troupe {

/// What is known of a worker when it reports.
struct StepSigns {
  double pull_seconds = 0;
  double compute_seconds = 0;
};

class StepPredictor {
 public:
  /// `memory` is about how many reports of a worker count, >= 1.
  explicit StepPredictor(double memory) : keep_(1 - 1 / memory) {}

  /// A worker reports: learns how many others reported since it did so last, and says how
  /// many will before it does so again.
  double next(std::uint32_t worker, const StepSigns& signs);
  /// How many others reported between the last two reports of a worker.
  double last(std::uint32_t worker) const;

 private:
  static constexpr std::size_t inputs = 4;  ///< 1, the last count, the two times
  using Vector = std::array<double, inputs>;

  struct Worker {
    bool begun = false;
    std::uint64_t reported_at = 0;
    double last = 0;
    Vector seen = {};  ///< what was known at the last report, but for the count
    Vector weights = {0, 1, 0, 0};
    std::array<Vector, inputs> covariance = {};
    std::array<double, 2> unit = {};  ///< of the two times: the first ones that were not 0
  };
  void learn(Worker& worker, double count) const;

  double keep_;
  std::uint64_t reports_ = 0;
  std::map<std::uint32_t, Worker> workers_;
};

}  // namespace troupe
