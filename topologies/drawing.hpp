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

/// A worker computes; an aggregator holds a model or sums up for one who does; a peer
/// does both for itself.
enum class Role { worker, aggregator, peer };

constexpr const char* to_text(Role role) {
  switch (role) {
    case Role::worker:
      return "worker";
    case Role::aggregator:
      return "aggregator";
    case Role::peer:
      return "peer";
  }
  return "";
}

struct DrawingNode {
  Role role = Role::worker;
  std::uint32_t index = 0;  ///< among the nodes of its role
};

/// Who may say something to whom, and how much that is in one exchange, on average.
struct DrawingEdge {
  std::uint32_t from = 0;  ///< positions in Drawing::nodes
  std::uint32_t to = 0;
  double messages = 1;
  double models = 1;  ///< all messages together, in sizes of the model
};

/// To whom of those that it knows a peer sends in one exchange.
enum class Listeners { all, one_in_turn, one_at_random };

struct Drawing {
  std::vector<DrawingNode> nodes;
  std::vector<DrawingEdge> edges;  ///< directed; a dialogue is two
  /// One exchange leads everybody to one model; otherwise opinions mix edge by edge.
  bool agrees = true;
  Listeners listeners = Listeners::all;
};

/// How workers use a memory that they have in common.
struct Sharing {
  enum class Writes { store, add, lock };
  Writes writes = Writes::store;
  bool snapshots = false;         ///< a step reads all of the model at once, while nobody writes
  std::uint64_t check_every = 0;  ///< rows, of which the writes of one are looked at
};

struct TopologyKind {
  Kind kind;
  /// Axis keys (full paths) that this topology fills where the user set none.
  std::map<std::string, Value> fills = {};
  std::uint32_t workers_max = UINT32_MAX;
  /// States are mixed by those who have them: there is no aggregator.
  bool peers = false;
  /// Workers read and write one memory, and so live in one process.
  std::function<Sharing(const Settings&)> shares = {};
  /// Of peers: they sum up together, and all hold the same model.
  bool reduces = false;
  /// Some stand between those who compute and the one who holds the model.
  bool relays = false;
  /// How many hold a slice of the model each, the first aggregators of the drawing; unset: one
  /// has all of it.
  std::function<std::uint32_t(const Settings&)> slices = {};
  /// Of peers: the model in the end is the first one's, and not the mean of all.
  std::function<bool(const Settings&)> first_counts = {};
  /// Throws UserError where so many workers cannot be drawn so.
  std::function<Drawing(const Settings&, std::uint32_t workers)> draw;
  /// What there are no actors for yet, and so only a drawing; empty: nothing.
  std::function<std::string(const Settings&)> unplayed = {};
};

}  // namespace troupe
