/// What is said of a lease may come late: who has heard of a later one goes by that.
#include <doctest/doctest.h>

#include "actors/aggregator.hpp"
#include "actors/branch.hpp"
#include "tests/actors/stage.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace troupe {
TopologyKind tree_topology();
}

namespace {

Pull claim(std::uint32_t partition, std::uint64_t lease) {
  return {.partitions = {partition}, .lease = lease};
}

/// One branch under the root, and two workers under it.
std::shared_ptr<const Plan> small_tree() {
  const auto plan = toy_plan();
  Settings settings;
  settings.set("training.tree.fanout", std::int64_t{2});
  plan->drawing = tree_topology().draw(settings, 4);
  plan->workers = 4;
  return plan;
}

}  // namespace

TEST_CASE("leases: word of an earlier one takes no partition away from its new holder") {
  for (const GateKind& gate : {barrier_gate(), open_gate()}) {
    HandStage stage(aggregator_id);
    Aggregator aggregator(toy_plan({.gate = gate}));
    aggregator.receive(stage, second_worker, claim(1, 3));
    CHECK(stage.heard_by<Parameters>(second_worker).turns.size() == 1);
    aggregator.receive(stage, first_worker, claim(1, 1));
    CHECK(stage.heard_by<Parameters>(first_worker).turns.empty());
    aggregator.receive(stage, first_worker, claim(1, 4));
    CHECK(stage.heard_by<Parameters>(first_worker).turns.size() == 1);
    CHECK(stage.silent());
  }
}

TEST_CASE("leases: a branch hands a turn down to who has the latest of its partition") {
  const auto plan = small_tree();
  const ActorId branch_id = Plan::first_drawn + 1;
  const ActorId older = plan->worker(0);
  const ActorId newer = plan->worker(1);
  HandStage stage(branch_id);
  Branch branch(plan);
  branch.receive(stage, newer, claim(1, 3));
  branch.receive(stage, older, claim(1, 1));
  for (const ActorId worker : {newer, older})
    CHECK(stage.heard_by<Pull>(Plan::first_drawn).worker == worker);  // the root sees for itself
  branch.receive(stage, Plan::first_drawn, Parameters{.version = 1, .turns = {{.partition = 1}}});
  CHECK(stage.heard_by<Parameters>(newer).turns.size() == 1);
  CHECK(stage.silent());
}

TEST_CASE("leases: values that an earlier holder wished for do not reach the one who came since") {
  for (const bool passed_on : {false, true}) {
    const auto plan = small_tree();
    HandStage stage(Plan::first_drawn + 1);
    Branch branch(plan);
    branch.receive(stage, plan->worker(0), claim(1, 1));
    branch.receive(stage, plan->worker(0),
                   Push{.wishes = {{.partition = 1, .step = 1, .features = {9}}}});
    if (passed_on) branch.receive(stage, plan->worker(1), claim(1, 3));
    stage.said.clear();
    branch.receive(
        stage, Plan::first_drawn,
        Parameters{.turns = {{.partition = 1, .step = 1}}, .payload = AlignedValues{{0.5F}}});
    CHECK(stage.said.size() == (passed_on ? 0 : 1));
  }
}

TEST_CASE("leases: a new worker is in when nothing of its earlier life is under way any more") {
  const auto plan = small_tree();
  const ActorId branch_id = Plan::first_drawn + 1;
  const WorkersJoined news{.workers = {plan->worker(0)}};
  HandStage top(Plan::first_drawn);
  Aggregator root(plan);
  root.receive(top, Plan::coordinator, WorkersLost{.workers = news.workers});
  top.said.clear();
  root.receive(top, Plan::coordinator, news);
  CHECK(top.said.size() == 2);  // to the branches, and not yet to the coordinator
  HandStage stage(branch_id);
  Branch branch(plan);
  branch.receive(stage, Plan::first_drawn, news);
  CHECK(stage.heard_by<WorkersJoined>(Plan::first_drawn).workers == news.workers);
  top.said.clear();
  root.receive(top, branch_id, news);
  CHECK(top.heard_by<WorkersJoined>(Plan::coordinator).workers == news.workers);
}
