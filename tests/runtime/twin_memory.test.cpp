/// Workers on one memory, and a model that is stepped on a clock of its own, in virtual time.
#include <doctest/doctest.h>

#include "runtime/twin/twin.hpp"
#include "runtime/twin/virtual_memory.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;
using Writes = Sharing::Writes;

namespace {

EndReport perform_shared(const std::shared_ptr<Plan>& plan, const std::string& step = "1",
                         std::vector<double> factors = {}) {
  EndReport end;
  Pace pace;
  pace.real = false;
  pace.step = Distribution::parse(step);
  pace.delay = Distribution::parse("0.01");
  pace.factors = std::move(factors);
  run_twin({.plan = plan, .pace = pace, .report = [&](const Report& report) {
              if (const auto* last = std::get_if<EndReport>(&report)) end = *last;
            }});
  return end;
}

std::vector<float> weights(const EndReport& end) {
  return {end.model.values().begin(), end.model.values().end()};
}

Toy freely() {
  Toy toy{.workers = 4, .partitions = 4, .epochs = 20, .gate = free_gate()};
  toy.merge = replaced_merge();
  return toy;
}

}  // namespace

TEST_CASE("twin: what a computation adds is there when its time is over, and not before") {
  const auto plan = toy_shared({});
  VirtualMemory memory(*plan);
  const auto add = [&](float by) {
    return memory.compute(VirtualMemory::Part::model,
                          [by](const SharedValues& model) { model.values[2] += by; });
  };
  const VirtualMemory::Change first = add(1);
  const VirtualMemory::Change second = add(2);
  CHECK(memory.values(VirtualMemory::Part::model)[2] == 0);
  memory.apply(second);
  CHECK(memory.values(VirtualMemory::Part::model)[2] == 2);
  memory.apply(first);  // nothing is lost
  CHECK(memory.values(VirtualMemory::Part::model)[2] == 3);
}

TEST_CASE("twin: one worker on a memory is serial descent, bit for bit") {
  const auto plan = toy_shared({.workers = 1, .batch = 1, .epochs = 3});
  const EndReport end = perform_shared(plan);
  Block serial = Block::zeros(plan->parameters);
  const auto feed = plan->supply->feed(0);
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    Replica replica{.values = serial.values()};
    const std::vector<float> rates(160, 0.1F);
    plan->model->descend(replica, feed->draw(epoch, 0, 160), 1, rates);
  }
  CHECK(weights(end) == std::vector<float>(serial.values().begin(), serial.values().end()));
  CHECK(end.updates == 480);
}

TEST_CASE("twin: on one memory every draw is delivered, and the model learns") {
  for (const Writes writes : {Writes::store, Writes::add, Writes::lock})
    for (const bool snapshots : {false, true}) {
      const auto plan =
          toy_shared({.workers = 4, .epochs = 20}, {.writes = writes, .snapshots = snapshots});
      const EndReport end = perform_shared(plan, "1+exp(0.5)");
      CHECK(end.status == "done");
      CHECK(end.delivered == 3200);
      CHECK(end.computed == end.delivered);
      CHECK(end.discarded.empty());
      CHECK(end.scores.at(0).accuracy >= 0.9);
    }
}

TEST_CASE("twin: under a lock workers wait for each other, without one they do not") {
  const auto seconds = [](Writes writes) {
    return perform_shared(toy_shared({.workers = 4, .epochs = 1}, {.writes = writes})).t;
  };
  CHECK(seconds(Writes::add) == doctest::Approx(10.0).epsilon(0.05));
  CHECK(seconds(Writes::lock) == doctest::Approx(40.0).epsilon(0.05));
}

TEST_CASE("twin: a clock of its own steps the model, on one memory and at a server") {
  for (const bool one_memory : {true, false}) {
    CAPTURE(one_memory);
    const auto plan =
        one_memory ? toy_shared(freely(), {.writes = Writes::add}) : toy_plan(freely());
    const EndReport end = perform_shared(plan);
    CHECK(end.status == "done");
    CHECK(end.delivered == 3200);
    CHECK(end.gradients == 800);
    // 200 exchanges of a second each, four steps a second.
    CHECK(end.updates >= 780);
    CHECK(end.updates <= 900);
    CHECK(end.scores.at(0).accuracy >= 0.9);
  }
}

TEST_CASE("twin: the steps of a clock do not depend on how fast anybody computes") {
  for (const bool one_memory : {true, false}) {
    const auto updates = [&](const std::vector<double>& factors) {
      const auto plan =
          one_memory ? toy_shared(freely(), {.writes = Writes::add}) : toy_plan(freely());
      plan->stop.epochs.reset();
      plan->stop.seconds = 50;
      const EndReport end = perform_shared(plan, "1", factors);
      return std::pair{end.updates, end.gradients};
    };
    const auto even = updates({});
    const auto slowed = updates({1, 8, 8, 8});
    CHECK(even.first == slowed.first);
    CHECK(even.second > 2 * slowed.second);
  }
}

TEST_CASE("twin: a run of so many steps of a clock ends with them") {
  for (const bool one_memory : {true, false}) {
    const auto plan =
        one_memory ? toy_shared(freely(), {.writes = Writes::add}) : toy_plan(freely());
    plan->stop.epochs.reset();
    plan->stop.steps = 100;
    const EndReport end = perform_shared(plan);
    CHECK(end.reason == "steps");
    CHECK(end.updates == 100);
    CHECK(end.computed == end.delivered);
  }
}
