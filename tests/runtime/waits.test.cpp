/// The wait-for graph by itself: from waits to whom to blame.
#include "runtime/watch/waits.hpp"

#include <doctest/doctest.h>

using namespace troupe;

namespace {

std::vector<ActorView> crew(std::size_t count) {
  std::vector<ActorView> actors(count);
  for (std::size_t i = 0; i < count; ++i) {
    actors[i].actor = static_cast<ActorId>(i);
    actors[i].name = "actor " + std::to_string(i);
    actors[i].host = "host " + std::to_string(i);
    actors[i].state = ActorState::waiting;
  }
  return actors;
}

}  // namespace

TEST_CASE("waits: the one at the end of the chain is named, with the message and all behind it") {
  std::vector<ActorView> actors = crew(4);
  actors[1].waits = {{0, "parameters", 2.0}};
  actors[2].waits = {{0, "parameters", 2.1}};
  actors[0].waits = {{3, "push of step 12", 2.5}};
  const std::vector<Culprit> culprits = find_culprits(actors, 1);
  REQUIRE(culprits.size() == 1);
  CHECK(culprits[0].actor == 3);
  CHECK(culprits[0].what == ActorState::straggling);
  CHECK(culprits[0].message == "push of step 12");
  CHECK(culprits[0].host == "host 3");
  CHECK(culprits[0].seconds == 2.5);
  CHECK(culprits[0].waiting == std::vector<ActorId>{0, 1, 2});
}

TEST_CASE("waits: a wait within patience blames nobody") {
  std::vector<ActorView> actors = crew(2);
  actors[1].waits = {{0, "parameters", 0.9}};
  CHECK(find_culprits(actors, 1).empty());
}

TEST_CASE("waits: what a silent one last waited for does not shift the blame") {
  std::vector<ActorView> actors = crew(3);
  actors[1].waits = {{0, "parameters", 3}};
  actors[0].waits = {{2, "push of step 4", 3}};
  actors[0].state = ActorState::silent;
  actors[0].last_sign_seconds = 1.5;
  const std::vector<Culprit> culprits = find_culprits(actors, 1);
  REQUIRE(culprits.size() == 1);
  CHECK(culprits[0].actor == 0);
  CHECK(culprits[0].what == ActorState::silent);
  CHECK(culprits[0].message == "parameters");
}

TEST_CASE("waits: who is lost is named though nobody waits for it") {
  std::vector<ActorView> actors = crew(2);
  actors[1].state = ActorState::lost;
  actors[1].last_sign_seconds = 7;
  const std::vector<Culprit> culprits = find_culprits(actors, 1);
  REQUIRE(culprits.size() == 1);
  CHECK(culprits[0].what == ActorState::lost);
  CHECK(culprits[0].seconds == 7);
  CHECK(culprits[0].message.empty());
}

TEST_CASE("waits: in a circle the one waited for longest is named") {
  std::vector<ActorView> actors = crew(2);
  actors[0].waits = {{1, "state of exchange 3", 2}};
  actors[1].waits = {{0, "state of exchange 3", 4}};
  const std::vector<Culprit> culprits = find_culprits(actors, 1);
  REQUIRE(culprits.size() == 1);
  CHECK(culprits[0].actor == 0);
  CHECK(culprits[0].waiting == std::vector<ActorId>{1});
}

TEST_CASE("waits: two causes are two culprits, the longest first; who is done is none") {
  std::vector<ActorView> actors = crew(5);
  actors[0].waits = {{3, "push of step 1", 2}, {4, "push of step 1", 5}, {2, "push", 9}};
  actors[2].state = ActorState::done;
  const std::vector<Culprit> culprits = find_culprits(actors, 1);
  REQUIRE(culprits.size() == 2);
  CHECK(culprits[0].actor == 4);
  CHECK(culprits[1].actor == 3);
}
