/// A topology is a drawing: nodes with roles and the edges between them. It says
/// who talks to whom and nothing of what they say.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "config/table.hpp"

namespace troupe {

enum class Role { worker, aggregator };

struct DrawingNode {
  Role role = Role::worker;
  std::uint32_t index = 0;  ///< among the nodes of its role
};

struct DrawingEdge {
  std::uint32_t from = 0;  ///< positions in Drawing::nodes
  std::uint32_t to = 0;
};

struct Drawing {
  std::vector<DrawingNode> nodes;
  std::vector<DrawingEdge> edges;  ///< directed; a dialogue is two
};

struct TopologyKind {
  Kind kind;
  /// Axis keys (full paths) that this topology fills where the user set none.
  std::map<std::string, Value> fills = {};
  std::uint32_t workers_max = UINT32_MAX;
  std::function<Drawing(const Settings&, std::uint32_t workers)> draw;
};

}  // namespace troupe
