/// A run that goes on with other actors, under the twin: nothing is lost at a fence, and
/// nothing is counted twice.
#include <doctest/doctest.h>

#include <deque>

#include "base/checksum.hpp"
#include "runtime/twin/twin.hpp"
#include "tests/actors/toy_plan.hpp"

namespace troupe {
UpdateKind momentum_update();
}  // namespace troupe

using namespace troupe;

namespace {

struct Outcome {
  EndReport end;
  std::vector<EvalReport> evals;
  std::vector<Handover> left;
};

/// The plans one after the other, each for an epoch, the last one to the end.
Outcome perform(const std::vector<std::shared_ptr<Plan>>& plans) {
  Outcome outcome;
  Pace pace;
  pace.real = false;
  pace.step = Distribution::parse("1+exp(0.5)");
  pace.delay = Distribution::parse("0.01");
  pace.seed = 5;
  for (std::size_t i = 0; i + 1 < plans.size(); ++i) plans[i]->fence_epoch = i + 1;
  run_twin({.plan = plans.front(),
            .pace = pace,
            .report =
                [&](const Report& report) {
                  if (const auto* end = std::get_if<EndReport>(&report)) outcome.end = *end;
                  if (const auto* eval = std::get_if<EvalReport>(&report))
                    outcome.evals.push_back(*eval);
                },
            .next =
                [&](Handover left) {
                  outcome.left.push_back(left);
                  return again(*plans.at(outcome.left.size()), std::move(left));
                }});
  return outcome;
}

std::uint64_t rows_lost(const EndReport& end) {
  std::uint64_t rows = 0;
  for (const Count& count : end.discarded) rows += count.rows;
  return rows;
}

Toy server(GateKind gate, ExchangeKind exchange = gradient_exchange()) {
  return {.workers = 4, .partitions = 4, .epochs = 4, .exchange = exchange, .gate = gate};
}

}  // namespace

TEST_CASE("fence: behind a barrier a run of three casts is the run of one, to the bit") {
  const auto model = [](std::size_t casts) {
    std::vector<std::shared_ptr<Plan>> plans;
    for (std::size_t i = 0; i < casts; ++i) plans.push_back(toy_plan(server(barrier_gate())));
    return crc32c(std::as_bytes(perform(plans).end.model.values()));
  };
  CHECK(model(3) == model(1));
}

TEST_CASE("fence: a model is cut and put together again, with what its rule remembers") {
  const auto model = [](const std::vector<std::uint32_t>& shards) {
    std::vector<std::shared_ptr<Plan>> plans;
    for (const std::uint32_t count : shards) {
      Toy toy = server(barrier_gate());
      toy.update = momentum_update();
      toy.updates.set("training.momentum.beta", 0.9);
      toy.updates.set("training.momentum.form", std::string("polyak"));
      toy.shards = count;
      plans.push_back(toy_plan(toy));
    }
    const Outcome outcome = perform(plans);
    CHECK(outcome.end.computed == outcome.end.delivered);
    return crc32c(std::as_bytes(outcome.end.model.values()));
  };
  CHECK(model({3, 1, 2, 2}) == model({1}));
  CHECK(model({3}) == model({1}));
}

TEST_CASE("fence: a model in slices loses no draw behind any gate") {
  for (const GateKind& gate : {open_gate(), bounded_gate(), round_robin_gate(), quorum_gate()}) {
    CAPTURE(gate.kind.name);
    Toy toy = server(gate);
    toy.shards = 3;
    const Outcome outcome = perform({toy_plan(toy), toy_plan(server(gate)), toy_plan(toy)});
    CHECK(outcome.left.size() == 2);
    CHECK(outcome.end.delivered == 640);
    CHECK(outcome.end.computed == outcome.end.delivered + rows_lost(outcome.end));
  }
}

TEST_CASE("fence: from every gate to every other one, draws add up and none is left out") {
  const std::vector<GateKind> gates{barrier_gate(), open_gate(), bounded_gate(), round_robin_gate(),
                                    quorum_gate()};
  for (const GateKind& from : gates)
    for (const GateKind& to : gates) {
      CAPTURE(from.kind.name);
      CAPTURE(to.kind.name);
      const Outcome outcome =
          perform({toy_plan(server(from)), toy_plan(server(to)), toy_plan(server(from))});
      CHECK(outcome.end.reason == "epochs");
      CHECK(outcome.left.size() == 2);
      CHECK(outcome.end.delivered == 640);
      CHECK(outcome.end.computed == outcome.end.delivered + rows_lost(outcome.end));
    }
}

TEST_CASE("fence: peers leave one model, and go on from one") {
  Toy peers{.workers = 4, .epochs = 4, .gate = open_gate(), .merge = parzen_merge()};
  for (const GateKind& gate : {barrier_gate(), open_gate()}) {
    const Outcome outcome =
        perform({toy_plan(server(gate)), toy_peers(peers), toy_plan(server(gate))});
    CHECK(outcome.left.size() == 2);
    CHECK(outcome.end.delivered == 640);
    CHECK(outcome.end.computed == outcome.end.delivered + rows_lost(outcome.end));
    CHECK(outcome.end.scores.at(0).accuracy >= 0.9);
  }
}

TEST_CASE("fence: peers behind a barrier all come to the end of an exchange") {
  Toy peers{.workers = 4, .epochs = 4, .gate = barrier_gate()};
  const Outcome outcome = perform({toy_peers(peers), toy_peers(peers), toy_peers(peers)});
  CHECK(outcome.left.size() == 2);
  CHECK(outcome.end.delivered == 640);
  CHECK(outcome.end.computed == 640);
}

TEST_CASE("fence: each partition goes on where it stood, whatever an exchange is then") {
  const auto plan = toy_plan({.workers = 4, .partitions = 4, .batch = 4, .local_steps = 3});
  auto left = std::make_shared<Handover>();
  left->cursors = {{.epoch = 2, .position = 16}, {}, {.epoch = 1, .position = 40}, {}};
  plan->opening = left;
  CHECK(plan->passage(0, 0).epoch == 2);
  CHECK(plan->passage(0, 0).positions.first == 16);
  CHECK(plan->passage(0, 1).positions.size() == 12);
  CHECK(plan->passage(0, 2).epoch == 3);
  CHECK(plan->passage(0, 2).positions.first == 0);
  CHECK(plan->passage(1, 0).epoch == 0);
  CHECK(plan->passage(2, 0).epoch == 2);  // that epoch was over
}

TEST_CASE("fence: the model that is handed over has been scored") {
  const Outcome outcome = perform({toy_plan(server(open_gate())), toy_plan(server(open_gate()))});
  const Progress& progress = outcome.left.at(0).progress;
  CHECK(std::ranges::count(outcome.evals, progress.updates, &EvalReport::updates) == 1);
}

namespace {

/// A run that hears one word while it goes on, and then these while it rests.
EndReport steered(const FenceRequested& first, std::deque<Message> rests, std::size_t& scenes) {
  const auto plan = toy_plan(server(open_gate()));
  EndReport end;
  bool said = false;
  Pace pace;
  pace.real = false;
  pace.step = Distribution::parse("1");
  run_twin({.plan = plan,
            .pace = pace,
            .report =
                [&](const Report& report) {
                  if (const auto* one = std::get_if<EndReport>(&report)) end = *one;
                },
            .asked = [&]() -> std::optional<Message> {
              if (std::exchange(said, true)) return std::nullopt;
              return first;
            },
            .rests = [&]() -> std::optional<Message> {
              Message word = rests.at(0);
              rests.pop_front();
              return word;
            },
            .next =
                [&](Handover left) {
                  ++scenes;
                  return again(*plan, std::move(left));
                }});
  CHECK(rests.empty());
  CHECK(end.computed == end.delivered + rows_lost(end));
  return end;
}

}  // namespace

TEST_CASE("fence: asked for at any moment, the run goes on with others") {
  std::size_t scenes = 0;
  CHECK(steered({}, {}, scenes).delivered == 640);
  CHECK(scenes == 1);
}

TEST_CASE("fence: a pause ends with a word, and no virtual time goes by") {
  std::size_t scenes = 0;
  const EndReport end = steered({.hold = true}, {FenceRequested{.raise = false}}, scenes);
  CHECK(scenes == 1);
  CHECK(end.delivered == 640);
  CHECK(end.t < 1000);
}

TEST_CASE("fence: whoever is asked to change while it rests does so when it goes on") {
  std::size_t scenes = 0;
  steered({.hold = true}, {FenceRequested{}, FenceRequested{.raise = false}}, scenes);
  CHECK(scenes == 1);
}

TEST_CASE("fence: a run that rests can be stopped, and keeps its model") {
  std::size_t scenes = 0;
  const EndReport end = steered({.hold = true}, {StopRequested{"signal", 130}}, scenes);
  CHECK(scenes == 0);
  CHECK(end.status == "stopped");
  CHECK(end.model.size() > 0);
  CHECK(end.delivered < 640);
}
