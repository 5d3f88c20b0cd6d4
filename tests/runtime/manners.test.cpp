#include "runtime/manners.hpp"

#include <doctest/doctest.h>

#include "tests/actors/toy_plan.hpp"

using namespace troupe;

TEST_CASE("manners: who computes leases nothing, ends nothing and buries nobody") {
  const auto plan = toy_plan();
  const ActorId worker = plan->worker(0);
  const std::vector<Message> not_its_own = {
      Lease{},         Proceed{},   Stop{},        Final{},          Finish{},
      Evaluated{},     Refused{},   WorkersLost{}, WorkersLeaving{}, WorkersJoined{},
      StopRequested{}, Deposited{}, Order{},       Slice{}};
  for (const Message& message : not_its_own) {
    CAPTURE(message.index());
    CHECK_FALSE(may_say(*plan, worker, message));
    CHECK(may_say(*plan, Plan::coordinator, message));
    CHECK(may_say(*plan, plan->aggregator(), message));
  }
  for (const Message& message : {Message(Pull{}), Message(Push{}), Message(Deposit{}),
                                 Message(Finished{}), Message(Failed{}), Message(Notice{})})
    CHECK(may_say(*plan, worker, message));
}

TEST_CASE("manners: peers send states and tallies, and end nobody's run") {
  const auto plan = toy_peers({.workers = 3});
  CHECK(may_say(*plan, plan->worker(1), PeerState{}));
  CHECK(may_say(*plan, plan->worker(1), Tally{}));
  CHECK(may_say(*plan, plan->worker(1), Refused{.diverged = true}));
  CHECK_FALSE(may_say(*plan, plan->worker(1), Final{}));
  CHECK(may_say(*plan, plan->census(), Final{}));
}
