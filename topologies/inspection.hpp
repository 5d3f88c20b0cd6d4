/// What can be said of a drawing before anything runs: who reaches whom, what an
/// exchange costs whom, and whose loss it would not survive.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "topologies/drawing.hpp"

namespace troupe {

/// Of one node in one exchange, on average. Models are sizes of the model.
struct Traffic {
  double messages_out = 0;
  double messages_in = 0;
  double models_out = 0;
  double models_in = 0;
};

std::vector<Traffic> traffic_of(const Drawing& drawing);

/// Two nodes (positions) of which the second never hears of the first, if there are any.
struct Unheard {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  bool none = true;
};
Unheard unheard(const Drawing& drawing);

/// Nodes (positions) whose loss leaves the others apart, or without the model.
std::vector<std::uint32_t> single_points_of_failure(const Drawing& drawing);

/// "peer 3".
std::string name_of(const DrawingNode& node);

/// Throws UserError (exit 2) where news from one node never reaches another one.
void refuse_disconnected(const Drawing& drawing, const std::string& topology);

}  // namespace troupe
