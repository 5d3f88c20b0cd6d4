/// How fast opinions become one: the weights with which peers mix what they hear, and
/// the spectral gap of them. It moves no parameters.
#pragma once

#include <cstdint>
#include <vector>

#include "topologies/drawing.hpp"

namespace troupe {

struct MixingWeight {
  std::uint32_t from = 0;
  double weight = 0;
};

/// Row i: what node i is made of after one exchange.
using MixingMatrix = std::vector<std::vector<MixingWeight>>;

/// Of exchange `step` among the nodes of a drawing of peers; expected values where they
/// speak to one at random. Edges both ways, all at once: Metropolis-Hastings weights,
/// 1 / (1 + the larger number of neighbours), so that rows and columns sum to 1.
/// Otherwise a sender divides itself evenly between itself and its listeners: columns
/// sum to 1, rows where the graph allows it.
MixingMatrix mixing_matrix(const Drawing& drawing, std::uint64_t step);

struct Mixing {
  double gap = 1;        ///< 1 - |second eigenvalue|, per exchange
  double exchanges = 1;  ///< until disagreement is a hundredth
  bool balanced = true;  ///< rows sum to 1: the average stays where it is
};

Mixing mixing_of(const Drawing& drawing);

}  // namespace troupe
