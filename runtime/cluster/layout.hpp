/// Which process and which place every actor lives in. It decides from the plan
/// alone and starts nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "actors/plan.hpp"

namespace troupe {

/// Per actor: 0 for the starting process, then one number a node.
using ProcessMap = std::vector<std::uint32_t>;
/// Of an actor that no process has taken yet.
inline constexpr std::uint32_t nowhere = ~std::uint32_t{0};

struct NodeShare {
  std::uint32_t nodes = 0;
  std::uint32_t slots = 0;   ///< workers that stay in the starting process
  std::uint32_t server = 0;  ///< the process that holds the model; 0: the starting one
  /// Workers that each node takes at most, 0: any number; empty where nobody said.
  std::vector<std::uint32_t> room = {};
};

/// Coordinator and evaluator stay in the starting process, as aggregators do unless `server`
/// says otherwise; further holders of slices of the model go to the nodes in turn, workers
/// to the nodes in contiguous blocks, and where there is no room they are nowhere.
/// Throws UserError when a node would have no worker (exit 2), or a peer no node (exit 4).
ProcessMap map_processes(const Plan& plan, const NodeShare& share);

/// Where other actors live: workers where those of their numbers did, unless that is gone,
/// whoever holds a model or an account in the server's process.
ProcessMap follow(const Plan& before, const ProcessMap& where, const Plan& plan,
                  std::uint32_t server);

/// What two processes must have alike to play together, in a number.
std::uint32_t fingerprint(const Plan& plan);

/// The actors of each place of one process.
using Places = std::vector<std::vector<ActorId>>;

/// What places can be made of. Where steps are padded by sleeping, nobody may share
/// a thread with a sleeper: each worker and server has its own.
struct Room {
  std::uint32_t cores = 1;
  bool paced = false;
};

/// The control place comes first in the starting process. An aggregator shares the first
/// worker's place when everything is in one process and steps are short.
Places map_places(const Plan& plan, const ProcessMap& processes, std::uint32_t mine,
                  const Room& room);

/// The process that holds the model, or its first slice.
std::uint32_t server_of(const Plan& plan, const ProcessMap& processes);

/// All that hold it or a slice of it, each once.
std::vector<std::uint32_t> servers_of(const Plan& plan, const ProcessMap& processes);

/// Processes that `mine` must be connected to: those at the other end of an edge of
/// the drawing, and the starting process, where coordinator and evaluator live.
std::vector<std::uint32_t> neighbours(const Plan& plan, const ProcessMap& processes,
                                      std::uint32_t mine);

}  // namespace troupe
