/// A gate decides who may take the next step. It never sees a gradient, only
/// which partition has finished which step.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "config/settings.hpp"
#include "config/table.hpp"

namespace troupe {

struct Verdict {
  bool merge = false;                   ///< merge and apply now what has arrived
  std::vector<std::uint32_t> released;  ///< partitions that may take their next step after it
  /// Of gates that hold contributions back: whose are applied now, in this order.
  std::vector<std::uint32_t> applied = {};
  bool together = false;  ///< these become one update
  bool late = false;      ///< what has just arrived is of no use any more
};

class Gate {
 public:
  virtual ~Gate() = default;
  /// The partition takes part from now on; its next step is `step`.
  virtual void enter(std::uint32_t partition, std::uint64_t step) = 0;
  virtual Verdict arrive(std::uint32_t partition, std::uint64_t step) = 0;
  /// The partition takes no part any more (its rows are done, or nobody can hold it).
  virtual Verdict leave(std::uint32_t partition) = 0;
};

struct GateKind {
  Kind kind;
  /// Rounds: all partitions compute the same step, their sums are merged in a
  /// fixed tree, and the result does not depend on who holds what. Otherwise each
  /// contribution is applied when it arrives.
  bool rounds = false;
  /// Without rounds: a contribution waits here until a verdict names its partition.
  bool holds = false;
  /// A partition may have several turns at a time (training.ahead).
  bool overtakes = false;
  /// Nobody waits for anybody, whoever steps the model included: from one of its steps to
  /// the next it takes so many seconds at the least. Needs a merge that stands.
  std::function<double(const Settings&)> steps_every = {};
  std::function<std::unique_ptr<Gate>(const Settings&)> make;
};

}  // namespace troupe
