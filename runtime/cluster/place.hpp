/// A place is one CAF actor with its own thread that runs several state machines.
/// Between its own residents CAF never sees a message.
#pragma once

#include <caf/actor_system.hpp>
#include <memory>
#include <vector>

#include "actors/actor.hpp"
#include "runtime/cluster/process.hpp"

namespace troupe {

struct Tenant {
  ActorId id = 0;
  std::unique_ptr<Actor> actor;
};

/// Starts a place that waits for the word to begin. It ends at the word to end,
/// whatever its residents are about, and gives those back who stand outside the drawing.
/// `number`: on the process's board.
caf::actor spawn_place(caf::actor_system& system, const std::shared_ptr<Process>& process,
                       const std::shared_ptr<std::vector<Tenant>>& tenants, std::size_t number);

}  // namespace troupe
