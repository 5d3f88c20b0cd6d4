/// Accumulators of one size, used again and again by one actor.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/accumulator.hpp"

namespace troupe {

class Scratch {
 public:
  explicit Scratch(std::size_t size) : size_(size) {}
  Accumulator take() {
    if (free_.empty()) return Accumulator(size_);
    Accumulator sum = std::move(free_.back());
    free_.pop_back();
    return sum;
  }
  void give(Accumulator sum) {
    sum.clear();
    free_.push_back(std::move(sum));
  }

 private:
  std::size_t size_;
  std::vector<Accumulator> free_;
};

}  // namespace troupe
