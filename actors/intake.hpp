/// Reads what a worker pushed into sums that can be merged. It looks at numbers and
/// sizes only: whose turn it is, is somebody else's question.
#pragma once

#include <memory>
#include <span>

#include "actors/partial.hpp"
#include "actors/plan.hpp"
#include "actors/scratch.hpp"

namespace troupe {

class Intake {
 public:
  Intake(const Plan& plan, Scratch& scratch) : plan_(plan), scratch_(scratch) {}

  /// False when it is not finite or does not fit; the codec has seen it all the same.
  bool read(Codec& codec, Contribution& part, Partial& partial);
  /// Whether all of these are parameters of the model.
  bool known(std::span<const std::uint32_t> indices) const;

 private:
  const Plan& plan_;
  Scratch& scratch_;
};

}  // namespace troupe
