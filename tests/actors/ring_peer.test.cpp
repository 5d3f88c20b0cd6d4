/// A peer on a ring, one event at a time.
#include "actors/ring_peer.hpp"

#include <doctest/doctest.h>

#include "tests/actors/stage.hpp"
#include "tests/actors/toy_plan.hpp"

namespace troupe {
TopologyKind ring_topology();
}

using namespace troupe;

namespace {

constexpr ActorId peer_behind = Plan::first_drawn;
constexpr ActorId peer_itself = peer_behind + 1;
constexpr ActorId peer_ahead = peer_behind + 2;

std::shared_ptr<Plan> ring_of_three() {
  const auto plan =
      toy_plan({.workers = 3, .partitions = 3, .codec = dense_codec(), .pull = PullKind::dense});
  plan->drawing = ring_topology().draw(Settings(), 3);
  plan->reduces = true;
  return plan;
}

/// A third of the sum, the first to come in a round.
Segment first_part() { return {.values = Block::zeros(4).freeze()}; }

}  // namespace

TEST_CASE("ring: what comes before the lease is kept for the round that it belongs to") {
  HandStage stage{peer_itself};
  RingPeer peer(ring_of_three());
  peer.receive(stage, peer_behind, first_part());
  CHECK(stage.silent());
  peer.receive(stage, Plan::coordinator, Lease{.partitions = {1}});
  peer.woken(stage, 0);
  CHECK(stage.heard_by<Segment>(peer_ahead).hop == 0);
  CHECK(stage.heard_by<Segment>(peer_ahead).hop == 1);  // what came is in it
  CHECK(stage.silent());
}

TEST_CASE("ring: who is not behind has nothing to say to it") {
  HandStage stage{peer_itself};
  RingPeer peer(ring_of_three());
  peer.receive(stage, peer_ahead, first_part());
  peer.receive(stage, Plan::coordinator, Lease{.partitions = {1}});
  peer.woken(stage, 0);
  CHECK(stage.heard_by<Segment>(peer_ahead).hop == 0);
  CHECK(stage.silent());
}
