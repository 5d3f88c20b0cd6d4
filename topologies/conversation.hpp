/// Among peers: to whom each speaks in which exchange, and what it makes of what it
/// hears. Everybody can tell it of everybody, so nobody has to ask.
#pragma once

#include <cstdint>
#include <vector>

#include "topologies/drawing.hpp"
#include "topologies/mixing.hpp"

namespace troupe {

class Conversation {
 public:
  Conversation(const Drawing& drawing, std::uint64_t seed);

  /// Positions in the drawing.
  std::vector<std::uint32_t> listeners(std::uint32_t node, std::uint64_t exchange) const;
  /// Whom this node hears in an exchange that all take part in, itself included, by
  /// position, with the weights of mixing_matrix(), drawn where listeners are.
  std::vector<MixingWeight> hears(std::uint32_t node, std::uint64_t exchange) const;

 private:
  std::uint32_t chosen(std::uint32_t node, std::uint64_t exchange) const;

  Listeners listeners_;
  std::uint64_t seed_;
  bool mutual_ = false;  ///< all at once, edges both ways
  std::vector<std::vector<std::uint32_t>> out_;
  std::vector<std::vector<std::uint32_t>> in_;
};

}  // namespace troupe
