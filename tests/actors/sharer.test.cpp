/// Workers on one memory and the steward beside them, driven by hand.
#include "actors/sharer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>

#include "actors/steward.hpp"
#include "tests/actors/stage.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

/// Everything happens at once, and one exchange at a time.
class PlainMemory : public SharedMemory {
 public:
  explicit PlainMemory(const Plan& plan) : model(plan.parameters), gradients(plan.parameters) {}
  void change(Part part, WriteCounts&, const Work& work) override {
    work({.values = part == Part::model ? model : gradients});
  }
  void look(Part, const Work& work) override { work({.values = model}); }
  void copy(Part part, std::span<float> to, bool) override {
    std::ranges::copy(part == Part::model ? model : gradients, to.begin());
  }
  std::uint64_t worked(std::uint64_t rows) override { return count += rows; }
  std::uint64_t rows_at_once() const override { return at_once; }

  std::vector<float> model;
  std::vector<float> gradients;
  std::uint64_t count = 0;
  std::uint64_t at_once = 0;
};

struct SharedPlay {
  explicit SharedPlay(std::shared_ptr<Plan> of, std::uint32_t workers = 1)
      : plan(std::move(of)), memory(*plan) {
    for (std::uint32_t i = 0; i < workers; ++i) {
      stages.emplace_back(plan->worker(i)).memory = &memory;
      sharers.push_back(std::make_unique<Sharer>(plan));
      sharers[i]->on(stages[i], Plan::coordinator, Lease{.partitions = {i}});
    }
  }
  void step(std::uint32_t i) { sharers[i]->woken(stages[i], 0); }

  std::shared_ptr<Plan> plan;
  PlainMemory memory;
  std::deque<HandStage> stages;
  std::vector<std::unique_ptr<Sharer>> sharers;
};

Toy standing() {
  Toy toy{.workers = 3, .gate = free_gate()};
  toy.merge = replaced_merge();
  return toy;
}

}  // namespace

TEST_CASE("sharer: a step is in the memory, and only an epoch's end is told") {
  SharedPlay play(toy_shared({.workers = 1, .batch = 40, .epochs = 1}));
  for (int n = 0; n < 3; ++n) play.step(0);
  CHECK(play.memory.model != std::vector<float>(12));
  CHECK(play.memory.count == 120);
  CHECK(play.stages[0].silent());
  play.step(0);
  CHECK(play.stages[0].heard_by<Tally>(play.plan->keeper()).computed == 160);
  play.step(0);
  CHECK(play.stages[0].heard_by<Tally>(play.plan->keeper()).last);
  CHECK(play.stages[0].silent());
}

TEST_CASE("sharer: it works on as many rows at once as the memory says, within the epoch") {
  SharedPlay play(toy_shared({.workers = 1, .batch = 16}));
  play.memory.at_once = 100;
  play.step(0);
  CHECK(play.memory.count == 96);
  play.step(0);
  CHECK(play.memory.count == 160);
}

TEST_CASE("sharer: one step from a snapshot is the gradient's step") {
  SharedPlay live(toy_shared({.workers = 1, .batch = 16}));
  SharedPlay snapshot(toy_shared({.workers = 1, .batch = 16}, {.snapshots = true}));
  live.step(0);
  snapshot.step(0);
  for (std::size_t u = 0; u < 12; ++u)
    CHECK(snapshot.memory.model[u] == doctest::Approx(live.memory.model[u]).epsilon(1e-4));
}

TEST_CASE("sharer: what stands is the sum of everybody's newest gradient") {
  SharedPlay play(toy_shared(standing()), 3);
  for (const std::uint32_t who : {0U, 1U, 2U, 1U, 1U, 0U, 2U, 1U}) play.step(who);
  // The model has not moved: each newest gradient can be made again.
  std::vector<float> expected(12, 0.0F);
  for (std::uint32_t p = 0; p < 3; ++p) {
    const std::uint64_t last = p == 1 ? 3 : 1;
    const auto feed = play.plan->supply->feed(p);
    const RowRange rows = play.plan->drawn(p, last);
    Accumulator gradient(12);
    play.plan->model->gradient(play.memory.model, feed->draw(0, rows.first, rows.last), 0.1F,
                               gradient);
    for (std::size_t u = 0; u < 12; ++u)
      expected[u] += gradient.values()[u] / static_cast<float>(rows.size());
  }
  for (std::size_t u = 0; u < 12; ++u)
    CHECK(play.memory.gradients[u] == doctest::Approx(expected[u]).epsilon(1e-5));
}

TEST_CASE("sharer: a stop is answered with all that was done, and nothing follows") {
  SharedPlay play(toy_shared({.workers = 1}));
  play.step(0);
  play.sharers[0]->on(play.stages[0], play.plan->keeper(), Stop{});
  const Tally tally = play.stages[0].heard_by<Tally>(play.plan->keeper());
  CHECK(tally.last);
  CHECK(tally.computed == 4);
  play.step(0);
  CHECK(play.stages[0].silent());
}

TEST_CASE("sharer: a memory that is no number any more ends the run") {
  SharedPlay play(toy_shared({.workers = 1}));
  play.memory.model.assign(12, std::nanf(""));
  play.step(0);
  CHECK(play.stages[0].heard_by<Refused>(Plan::coordinator).diverged);
}

TEST_CASE("steward: each of its steps is by the mean of what stands, arrived or not") {
  const auto plan = toy_shared(standing());
  PlainMemory memory(*plan);
  HandStage stage(plan->keeper());
  stage.memory = &memory;
  Steward steward(plan);
  steward.start(stage);
  REQUIRE(stage.alarms.size() == 1);
  memory.gradients[5] = 3.0F;
  for (int n = 0; n < 2; ++n) steward.woken(stage, stage.alarms.back().second);
  CHECK(memory.model[5] == doctest::Approx(-2 * 0.1F * 3.0F / 3));
  CHECK(stage.alarms.back().first == stage.time + 0.25);
  for (std::uint32_t i = 0; i < 3; ++i)
    steward.on(stage, plan->worker(i), Tally{.exchanges = 4, .computed = 16, .last = true});
  const Final final = stage.heard_by<Final>(Plan::coordinator);
  CHECK(final.progress.updates == 2);
  CHECK(final.progress.gradients == 12);
  CHECK(final.progress.delivered == 48);
  CHECK(final.model.values()[5] == memory.model[5]);
}

TEST_CASE("steward: an epoch of all together is evaluated from the memory as it is") {
  const auto plan = toy_shared({.workers = 2});
  PlainMemory memory(*plan);
  HandStage stage(plan->keeper());
  stage.memory = &memory;
  Steward steward(plan);
  memory.model[1] = 7;
  steward.on(stage, plan->worker(0), Tally{.exchanges = 20, .computed = 80});
  CHECK(stage.silent());
  steward.on(stage, plan->worker(1), Tally{.exchanges = 20, .computed = 80});
  CHECK(stage.heard_by<Progress>(Plan::coordinator).updates == 40);
  const Evaluate evaluate = stage.heard_by<Evaluate>(Plan::evaluator);
  CHECK(evaluate.epoch == 1);
  CHECK(evaluate.model.values()[1] == 7);
}
