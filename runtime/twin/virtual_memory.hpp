/// The memory that workers of a twin have in common. A computation reads it as it is when it
/// begins; what it changes is held back until the stage says that its time is over.
#pragma once

#include <utility>
#include <vector>

#include "actors/plan.hpp"
#include "actors/shared_memory.hpp"
#include "base/block.hpp"

namespace troupe {

class VirtualMemory {
 public:
  using Part = SharedMemory::Part;
  /// What a computation changed, entry by entry.
  struct Change {
    struct Entry {
      std::uint32_t index;
      float before;
      float after;
    };
    Part part = Part::model;
    std::vector<Entry> entries;
  };

  /// The plan must share.
  explicit VirtualMemory(const Plan& plan);

  std::span<const float> values(Part part) const;
  /// Lets `work` loose on a copy.
  Change compute(Part part, const SharedMemory::Work& work);
  /// Adds what it changed to what is there now; where nobody else wrote meanwhile, exactly
  /// that is there then.
  void apply(const Change& change);
  std::uint64_t worked(std::uint64_t rows) { return rows_ += rows; }

  bool locks = false;       ///< one at a time:
  double locked_until = 0;  ///< somebody is in there

 private:
  Block& block(Part part) { return part == Part::model ? model_ : gradients_; }

  Block model_;
  Block gradients_;
  Block copy_;
  std::uint64_t rows_ = 0;
};

}  // namespace troupe
