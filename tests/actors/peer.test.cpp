/// Peers and their census, one event at a time.
#include "actors/peer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "actors/census.hpp"
#include "tests/actors/stage.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

constexpr ActorId self = Plan::first_drawn;
constexpr ActorId other = self + 1;

PeerState state_at(float value, std::uint64_t exchange, std::uint64_t computed = 4) {
  Block state = Block::zeros(12);
  std::ranges::fill(state.values(), value);
  return {.exchange = exchange, .computed = computed, .state = std::move(state).freeze()};
}

struct PeerDialogue {
  explicit PeerDialogue(const Toy& toy, const ToyGossip& gossip = {})
      : plan(toy_peers(toy, gossip)), peer(plan) {}
  void lease() { peer.receive(stage, Plan::coordinator, Lease{.partitions = {0}}); }
  void hear(PeerState state) { peer.receive(stage, other, std::move(state)); }
  void step() { peer.woken(stage, 0); }
  /// The last account that the census gets.
  Tally leave() {
    stage.said.clear();
    peer.receive(stage, plan->census(), Stop{});
    return stage.heard_by<Tally>(plan->census());
  }

  std::shared_ptr<Plan> plan;
  HandStage stage{self};
  Peer peer;
};

Toy open_toy() { return {.workers = 2, .gate = open_gate(), .merge = parzen_merge()}; }

}  // namespace

TEST_CASE("peer: it begins with its lease, tells where it is, and asks nobody to go on") {
  PeerDialogue dialogue(open_toy());
  CHECK(dialogue.stage.alarms.empty());
  dialogue.lease();
  CHECK(dialogue.stage.alarms.size() == 1);
  for (std::uint64_t exchange = 0; exchange < 3; ++exchange) {
    dialogue.step();
    const auto state = dialogue.stage.heard_by<PeerState>(other);
    CHECK(state.exchange == exchange);
    CHECK(state.computed == 4 * (exchange + 1));
    CHECK(dialogue.stage.alarms.size() == exchange + 2);
    CHECK(dialogue.stage.silent());
  }
}

TEST_CASE("peer: a newer state of a sender replaces the older one, which is counted") {
  Toy toy = open_toy();
  toy.window = false;
  PeerDialogue dialogue(toy);
  dialogue.lease();
  for (std::uint64_t exchange = 0; exchange < 5; ++exchange) dialogue.hear(state_at(1, exchange));
  for (int i = 0; i < 5; ++i) dialogue.stage.heard_by<Received>(other);
  dialogue.step();
  const Tally tally = dialogue.leave();
  CHECK(tally.overwritten == 4);
  CHECK(tally.accepted == 1);
  CHECK(tally.bytes_received == 5 * 48);
}

TEST_CASE("peer: to a listener who answers nothing it sends a few states and keeps the newest") {
  PeerDialogue dialogue(open_toy());
  dialogue.lease();
  for (int i = 0; i < 12; ++i) dialogue.step();
  std::uint64_t sent = 0;
  while (!dialogue.stage.silent()) {
    dialogue.stage.heard_by<PeerState>(other);
    ++sent;
  }
  CHECK(sent == 4);
  dialogue.peer.receive(dialogue.stage, other, Received{});
  CHECK(dialogue.stage.heard_by<PeerState>(other).exchange == 11);
  CHECK(dialogue.stage.silent());
  CHECK(dialogue.leave().overwritten == 7);
}

TEST_CASE(
    "peer: the window refuses what the step does not come nearer to; without it all are let in") {
  for (const bool window : {true, false}) {
    Toy toy = open_toy();
    toy.window = window;
    PeerDialogue dialogue(toy);
    dialogue.plan->schedule.start = 0;  // no step comes nearer to anything
    dialogue.lease();
    dialogue.hear(state_at(5, 0));
    dialogue.step();
    const Tally tally = dialogue.leave();
    CHECK(tally.accepted == (window ? 0 : 1));
    CHECK(tally.refused == (window ? 1 : 0));
    CHECK(tally.heard.size() == (window ? 0 : 1));
    CHECK(tally.distance == doctest::Approx(std::sqrt(12 * 25 / 2.0)));
  }
}

TEST_CASE("peer: behind a barrier it waits for those it hears, whatever came before the lease") {
  PeerDialogue dialogue({.workers = 2}, {.graph = "ring", .peers = "all"});
  dialogue.hear(state_at(1, 0));
  dialogue.lease();
  dialogue.step();
  CHECK(dialogue.stage.heard_by<PeerState>(other).exchange == 0);
  CHECK(dialogue.stage.alarms.size() == 2);  // all are here: it goes on
  dialogue.step();
  CHECK(dialogue.stage.heard_by<PeerState>(other).exchange == 1);
  CHECK(dialogue.stage.alarms.size() == 2);  // it waits
  dialogue.hear(state_at(1, 2));             // somebody is ahead
  CHECK(dialogue.stage.alarms.size() == 2);
  dialogue.hear(state_at(1, 1));
  CHECK(dialogue.stage.alarms.size() == 3);
  CHECK(dialogue.leave().accepted == 2);
}

TEST_CASE("peer: states of rounds that nobody can have reached are refused and not kept") {
  PeerDialogue dialogue({.workers = 2}, {.graph = "ring", .peers = "all"});
  dialogue.lease();
  dialogue.step();
  for (std::uint64_t exchange = 1000; exchange < 1010; ++exchange)
    dialogue.hear(state_at(1, exchange));
  CHECK(dialogue.leave().refused == 10);
}

TEST_CASE("peer: numbers that are not finite are refused, and its own end the run") {
  Toy toy = open_toy();
  toy.window = false;
  PeerDialogue dialogue(toy);
  dialogue.lease();
  dialogue.hear(state_at(std::numeric_limits<float>::quiet_NaN(), 0));
  dialogue.stage.heard_by<Received>(other);
  dialogue.plan->schedule.start = 3e38;
  dialogue.step();
  dialogue.stage.heard_by<PeerState>(other);
  for (int i = 0; i < 50 && dialogue.stage.said.empty(); ++i) dialogue.step();
  REQUIRE(std::ranges::any_of(dialogue.stage.said, [](const HandStage::Line& line) {
    const auto* refused = std::get_if<Refused>(&line.message);
    return refused != nullptr && refused->diverged;
  }));
}

namespace {

/// What the census makes of two peers: 10 draws heard of the second one's 12.
Final counted(bool consensus) {
  const auto plan = toy_peers(open_toy());
  plan->consensus = consensus;
  HandStage stage{plan->census()};
  Census census(plan);
  Tally first{.exchanges = 3, .computed = 12, .heard = {{other, 10}}, .last = true};
  Tally second{.exchanges = 3, .computed = 12, .last = true};
  first.state = state_at(2, 0).state;
  if (consensus) second.state = state_at(4, 0).state;
  census.receive(stage, self, first);
  stage.said.clear();
  census.receive(stage, other, second);
  return stage.heard_by<Final>(Plan::coordinator);
}

}  // namespace

TEST_CASE("census: the first one's model, and what nobody let in of the others is not delivered") {
  const Final final = counted(false);
  CHECK(final.model.values()[0] == 2);
  CHECK(final.progress.delivered == 12 + 10);
  REQUIRE(final.discarded.size() == 1);
  CHECK(final.discarded[0].reason == "not heard");
  CHECK(final.discarded[0].rows == 2);
}

TEST_CASE("census: the consensus is the mean of all, and everything is delivered") {
  const Final final = counted(true);
  CHECK(final.model.values()[0] == 3);
  CHECK(final.progress.delivered == 24);
  CHECK(final.discarded.empty());
}
