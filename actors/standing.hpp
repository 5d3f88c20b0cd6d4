/// What each sender last said, until it says something else, and the sum of it all. It does
/// not know when a step is taken by that sum.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/accumulator.hpp"

namespace troupe {

class Standing {
 public:
  Standing(std::uint32_t senders, std::size_t size)
      : newest_(senders, Accumulator(size)), sum_(size) {}

  /// sum += gradient - what this sender said before. Answers with that, whose use is over.
  Accumulator replace(std::uint32_t sender, Accumulator gradient) {
    Accumulator& newest = newest_.at(sender);
    newest.scale(-1.0F);
    sum_.merge(newest);
    sum_.merge(gradient);
    return std::exchange(newest, std::move(gradient));
  }
  const Accumulator& sum() const { return sum_; }

 private:
  std::vector<Accumulator> newest_;
  Accumulator sum_;
};

}  // namespace troupe
