/// A server that steps the model on a clock of its own, driven by hand.
#include <doctest/doctest.h>

#include "actors/aggregator.hpp"
#include "tests/actors/stage.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

constexpr ActorId server = Plan::first_drawn;

std::shared_ptr<Plan> freely() {
  Toy toy{.gate = free_gate(), .codec = dense_codec(), .pull = PullKind::dense};
  toy.merge = replaced_merge();
  return toy_plan(toy);
}

/// A push of the turn just given: four rows whose gradients sum to 4 x value everywhere.
Push gradient(const Parameters& given, float value) {
  Block sum(12);
  std::ranges::fill(sum.values(), 4 * value);
  const Turn turn = given.turns.at(0);
  Push push{.based_on = given.version, .turns = {turn}};
  push.contributions.push_back({.index = turn.partition,
                                .partitions = 1,
                                .rows = turn.rows,
                                .payload = DenseValues{std::move(sum).freeze()}});
  return push;
}

struct Play {
  Play() : stage(server), aggregator(freely()) {
    aggregator.start(stage);
    clock = stage.alarms.front().second;
  }
  Parameters pull(ActorId who, std::uint32_t partition) {
    aggregator.on(stage, who, Pull{.partitions = {partition}});
    return stage.heard_by<Parameters>(who);
  }
  Parameters push(ActorId who, const Parameters& given, float value) {
    aggregator.on(stage, who, gradient(given, value));
    return stage.heard_by<Parameters>(who);
  }
  void step() { aggregator.woken(stage, clock); }

  HandStage stage;
  Aggregator aggregator;
  std::uint64_t clock = 0;  ///< the alarm at which it steps
};

float weight(const Parameters& parameters) {
  return std::get<DenseValues>(parameters.payload).values.values()[0];
}

}  // namespace

TEST_CASE("free: an arrival moves nothing and is answered at once; the clock moves the model") {
  Play play;
  const Parameters start = play.pull(first_worker, 0);
  const Parameters same = play.push(first_worker, start, 2);
  CHECK(same.version == start.version);
  CHECK(weight(same) == 0);
  CHECK(play.stage.silent());
  play.step();
  CHECK(play.stage.silent());
  // The mean over two senders, of whom one has said nothing.
  CHECK(weight(play.push(first_worker, same, 2)) == doctest::Approx(-0.1 * 2 / 2));
}

TEST_CASE("free: a sender's newest gradient replaces its last one and stands for every step") {
  Play play;
  Parameters one = play.pull(first_worker, 0);
  Parameters two = play.pull(second_worker, 1);
  one = play.push(first_worker, one, 2);
  two = play.push(second_worker, two, 6);
  one = play.push(first_worker, one, 4);
  play.step();
  play.step();
  CHECK(weight(play.push(second_worker, two, 0)) == doctest::Approx(-0.1 * 2 * (4 + 6) / 2));
}

TEST_CASE("free: a stop ends the steps, and the rows under way are waited for") {
  Play play;
  const Parameters given = play.pull(first_worker, 0);
  play.aggregator.on(play.stage, Plan::coordinator, Stop{});
  const std::size_t alarms = play.stage.alarms.size();
  play.step();
  CHECK(play.stage.alarms.size() == alarms);
  play.aggregator.on(play.stage, first_worker, gradient(given, 1));
  const Final final = play.stage.heard_by<Final>(Plan::coordinator);
  CHECK(final.progress.updates == 0);
  CHECK(final.progress.gradients == 1);
  CHECK(final.progress.delivered == 4);
  CHECK(play.stage.silent());
}
