/// The steps of a replica over a stretch of one partition's rows. It asks nobody and
/// tells nobody.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "actors/plan.hpp"
#include "actors/scratch.hpp"
#include "datasets/feed.hpp"

namespace troupe {

/// Which rows: positions of one epoch's order.
struct Stretch {
  Feed& feed;
  std::uint64_t epoch = 0;
  RowRange positions = {};
  std::uint64_t draws = 0;   ///< the schedule's clock when it begins
  Update* update = nullptr;  ///< none: plain descent
};

class Descent {
 public:
  /// The plan must outlive it.
  explicit Descent(const Plan& plan) : plan_(plan), scratch_(plan.parameters) {}

  /// Steps of Plan::batch rows; answers with the loss summed over the rows.
  double run(std::span<float> states, const Stretch& stretch);
  /// The same on a memory that others read and write meanwhile; plain descent only.
  double run(const SharedValues& shared, const Stretch& stretch);

 private:
  template <class Step>
  double each_piece(const Stretch& stretch, Step step);
  double step(Replica& replica, const Batch& rows, Update* update);

  const Plan& plan_;
  Scratch scratch_;
  std::vector<float> rates_;
};

}  // namespace troupe
