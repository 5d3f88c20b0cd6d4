/// A sum on its way up the tree: gradients of some rows, or replicas of some
/// partitions, never both. A gradient that meets no other one may stay in entries.
#pragma once

#include <cstdint>
#include <utility>

#include "actors/scratch.hpp"
#include "base/accumulator.hpp"
#include "base/block.hpp"
#include "base/check.hpp"
#include "messages/payload.hpp"

namespace troupe {

struct Partial {
  Accumulator gradients;
  ListedValues entries;
  Block states;
  std::uint32_t partitions = 0;
  std::uint64_t rows = 0;
  double loss = 0;

  // Of one that travelled alone:
  std::uint32_t partition = 0;
  std::uint64_t based_on = 0;  ///< version of the model
  std::uint64_t quota = 0;     ///< rows that were on offer for it
  std::uint64_t turns = 0;     ///< that it stands for, of those on offer
  std::uint64_t folded = 0;    ///< rows of older turns that are in it beside its own
  SharedBlock pulled = {};     ///< the model itself; Plan::remembers
};

/// left += right; right's storage goes back to where it came from. A part that was
/// refused has no storage and adds nothing.
inline void add_partial(Partial& left, Partial right, Scratch& scratch) {
  TROUPE_CHECK(left.entries.values.size() + right.entries.values.size(), ==,
               0U);  // they stay alone
  left.partitions += right.partitions;
  left.rows += right.rows;
  left.folded += right.folded;
  left.loss += right.loss;
  if (left.states.size() == 0) {
    left.states = std::move(right.states);
  } else if (right.states.size() > 0) {
    const auto from = std::as_const(right.states).values();
    const auto to = left.states.values();
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
  }
  if (left.gradients.size() == 0) {
    left.gradients = std::move(right.gradients);
  } else if (right.gradients.size() > 0) {
    left.gradients.merge(right.gradients);
    scratch.give(std::move(right.gradients));
  }
}

}  // namespace troupe
