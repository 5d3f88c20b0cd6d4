/// What has come of a round so far. Floats are added in the fixed tree over partitions;
/// exact sums wait until all are here, and then know their scale. It never answers with
/// half of a round.
#pragma once

#include <map>
#include <optional>

#include "actors/partial.hpp"
#include "actors/plan.hpp"
#include "actors/scratch.hpp"
#include "actors/tree_sum.hpp"

namespace troupe {

class RoundSum {
 public:
  RoundSum(const Plan& plan, Scratch& scratch)
      : plan_(plan), scratch_(scratch), tree_(plan.partitions) {}

  void insert(Subtree where, Partial partial);
  /// The sum of everything, once all partitions are in it.
  std::optional<Partial> take_root();
  /// What could not be added up further here.
  std::map<Subtree, Partial> take_parts();
  bool empty() const { return tree_.empty() && parts_.empty(); }

 private:
  Partial exact();

  const Plan& plan_;
  Scratch& scratch_;
  TreeSum<Partial> tree_;
  std::map<Subtree, Partial> parts_;  ///< of an exact sum: a partition each
};

}  // namespace troupe
