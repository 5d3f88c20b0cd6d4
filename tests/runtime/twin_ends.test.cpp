/// How a run under the virtual clock ends: by time, target, tolerance, steps, or in divergence.
#include <doctest/doctest.h>

#include "tests/runtime/performing.hpp"

using namespace troupe;
using troupe::testing::Performed;
using troupe::testing::performed;

TEST_CASE("twin: a time limit ends the run in virtual time, steps finished and counted") {
  const auto plan = toy_plan({.epochs = 1000});
  plan->stop.epochs.reset();
  plan->stop.seconds = 50;
  const EndReport end = performed(plan).end;
  CHECK(end.reason == "time");
  CHECK(end.t == doctest::Approx(51).epsilon(0.05));
  CHECK(end.computed == end.delivered);
}

TEST_CASE("twin: a target ends the run, and rounds wait for the verdict") {
  const auto plan = toy_plan({.epochs = 1000});
  plan->stop.target = 0.9;
  const Performed outcome = performed(plan);
  CHECK(outcome.end.reason == "target");
  CHECK(outcome.evals.back().score.accuracy >= 0.9);
  CHECK(outcome.end.delivered == outcome.end.epochs * plan->training.size());
}

TEST_CASE("twin: a tolerance ends the run when the objective hardly moves any more") {
  const auto plan = toy_plan({.epochs = 1000});
  plan->stop.tolerance = 1e-3;
  CHECK(performed(plan).end.reason == "tolerance");
}

TEST_CASE("twin: no better for k evaluations ends the run") {
  const auto plan = toy_plan({.epochs = 1000});
  plan->stop.no_better_for = 3;
  CHECK(performed(plan).end.reason == "no_better_for");
}

TEST_CASE("twin: a number of steps is a number of updates") {
  for (const GateKind& gate : {barrier_gate(), open_gate()}) {
    const auto plan = toy_plan({.epochs = 1000, .gate = gate});
    plan->stop.steps = 17;
    const EndReport end = performed(plan).end;
    CHECK(end.updates == 17);
    CHECK(end.reason == "steps");
    CHECK(end.computed == end.delivered);
  }
}

TEST_CASE("twin: an absurd learning rate is called divergence, with a smaller one to try") {
  const auto plan = toy_plan({.epochs = 50, .exchange = state_exchange()});
  plan->schedule.start = 3e38;
  const EndReport end = performed(plan).end;
  CHECK(end.status == "diverged");
  CHECK(end.exit_code == 1);
  CHECK(end.reason.find("try -s learning_rate=3e+37") != std::string::npos);
  CHECK(end.model.size() == 0);
}
