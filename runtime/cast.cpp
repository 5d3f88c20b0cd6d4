#include "actors/aggregator.hpp"
#include "actors/branch.hpp"
#include "actors/census.hpp"
#include "actors/coordinator.hpp"
#include "actors/evaluator.hpp"
#include "actors/peer.hpp"
#include "actors/ring_peer.hpp"
#include "actors/sharer.hpp"
#include "actors/slice_holder.hpp"
#include "actors/steward.hpp"
#include "actors/worker.hpp"
#include "runtime/assemble.hpp"

namespace troupe {
namespace {

std::unique_ptr<Actor> make_holder(const std::shared_ptr<const Plan>& plan, std::uint32_t slice) {
  if (slice == 0) return std::make_unique<Aggregator>(plan->of_slice(slice));
  return std::make_unique<SliceHolder>(plan->of_slice(slice));
}

}  // namespace

std::unique_ptr<Actor> make_actor(const std::shared_ptr<const Plan>& plan, ActorId id) {
  if (id == Plan::coordinator) return std::make_unique<Coordinator>(plan);
  if (id == Plan::evaluator) return std::make_unique<Evaluator>(plan);
  if (plan->peers() && id == plan->census()) return std::make_unique<Census>(plan);
  switch (plan->drawing.nodes.at(id - Plan::first_drawn).role) {
    case Role::aggregator:
      if (plan->sharing) return std::make_unique<Steward>(plan);
      if (!plan->cuts.empty()) return make_holder(plan, id - plan->aggregator());
      if (id == plan->aggregator()) return std::make_unique<Aggregator>(plan);
      return std::make_unique<Branch>(plan);
    case Role::worker:
      if (plan->sharing) return std::make_unique<Sharer>(plan);
      return std::make_unique<Worker>(plan);
    case Role::peer:
      if (plan->reduces) return std::make_unique<RingPeer>(plan);
      return std::make_unique<Peer>(plan);
  }
  return nullptr;
}

}  // namespace troupe
