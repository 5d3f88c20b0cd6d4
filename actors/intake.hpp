/// Reads what a worker pushed into sums that can be merged. It looks at numbers and
/// sizes only: whose turn it is, is somebody else's question.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "actors/partial.hpp"
#include "actors/plan.hpp"
#include "actors/scratch.hpp"

namespace troupe {

/// The partitions that the parts cover, in order: what a push claims to be about.
std::vector<std::uint32_t> covered(const std::vector<Contribution>& parts,
                                   std::uint32_t partitions);

class Intake {
 public:
  Intake(const Plan& plan, Scratch& scratch) : plan_(plan), scratch_(scratch) {}

  /// False when it is not finite or does not fit; the codec has seen it all the same.
  /// What answers a wish says nothing but values: `partial` then has the features.
  bool read(Codec& codec, Contribution& part, Partial& partial);
  /// Whether all of these are parameters of the model.
  bool known(const Features& features) const;

 private:
  const Plan& plan_;
  Scratch& scratch_;
};

}  // namespace troupe
