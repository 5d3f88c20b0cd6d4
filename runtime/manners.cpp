#include "runtime/manners.hpp"

namespace troupe {
namespace {

template <class... Sentence>
bool is_one_of(const Message& message) {
  return (std::holds_alternative<Sentence>(message) || ...);
}

bool computes(const Plan& plan, ActorId actor) {
  if (actor < Plan::first_drawn || actor - Plan::first_drawn >= plan.drawing.nodes.size())
    return false;
  return plan.drawing.nodes[actor - Plan::first_drawn].role != Role::aggregator;
}

}  // namespace

bool may_say(const Plan& plan, ActorId from, const Message& message) {
  if (!computes(plan, from)) return true;
  // Nobody else looks at a peer's numbers: that they are not finite, it says itself.
  if (plan.peers() && std::holds_alternative<Refused>(message)) return true;
  return !is_one_of<Lease, Proceed, Stop, Final, Finish, Evaluated, Refused, WorkersLost,
                    WorkersLeaving, WorkersJoined, StopRequested, Deposited, Order, Slice>(message);
}

}  // namespace troupe
