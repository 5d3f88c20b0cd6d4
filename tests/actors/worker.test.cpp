#include "actors/worker.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/user_error.hpp"
#include "tests/actors/stage.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

struct WorkerDialogue {
  explicit WorkerDialogue(const Toy& toy) : plan(toy_plan(toy)), worker(plan) {}
  void lease(std::vector<std::uint32_t> partitions) {
    worker.receive(stage, Plan::coordinator, Lease{.partitions = std::move(partitions)});
  }
  Push turn(std::vector<Turn> turns, std::uint64_t version = 1) {
    worker.receive(stage, aggregator_id,
                   Parameters{.version = version,
                              .turns = std::move(turns),
                              .payload = DenseValues{Block::zeros(plan->parameters).freeze()}});
    return stage.heard_by<Push>(aggregator_id);
  }

  std::shared_ptr<Plan> plan;
  HandStage stage{3};
  Worker worker;
};

}  // namespace

TEST_CASE("worker: a lease is answered by asking where the partitions stand") {
  WorkerDialogue dialogue({});
  dialogue.lease({0, 1});
  CHECK(dialogue.stage.heard_by<Pull>(aggregator_id).partitions ==
        std::vector<std::uint32_t>{0, 1});
  CHECK(dialogue.stage.silent());
}

TEST_CASE(
    "worker: of partitions that are somebody else's now it takes no turn, of others it does") {
  WorkerDialogue dialogue({.workers = 1, .partitions = 4, .gate = open_gate()});
  dialogue.lease({0, 1});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  dialogue.worker.receive(dialogue.stage, Plan::coordinator,
                          Lease{.partitions = {1}, .no_others = true, .number = 2});
  const auto kept = dialogue.stage.heard_by<Pull>(aggregator_id);
  CHECK(kept.partitions == std::vector<std::uint32_t>{1});
  CHECK(kept.lease == 2);
  const Push push = dialogue.turn({{0, 0, 4}, {1, 0, 4}});  // an answer from before
  CHECK(push.turns == std::vector<Turn>{{1, 0, 4}});
  CHECK(dialogue.stage.silent());
  dialogue.lease({0});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  CHECK(dialogue.turn({{0, 3, 4}}).turns[0].step == 3);  // and it may come back
}

TEST_CASE("worker: a turn is answered by the gradient of its rows, and the next batch's features") {
  WorkerDialogue dialogue({});
  dialogue.lease({0});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  const Push push = dialogue.turn({{.partition = 0, .step = 0, .rows = 4}});
  REQUIRE(push.contributions.size() == 1);
  CHECK(push.contributions[0].rows == 4);
  CHECK(push.contributions[0].loss == doctest::Approx(4.0));  // hinge at zero weights
  CHECK(push.computed == 4);
  REQUIRE(push.wishes.size() == 1);
  CHECK(push.wishes[0].step == 1);
  CHECK_FALSE(push.wishes[0].features.empty());
  CHECK(dialogue.stage.spent == 4);
  CHECK(dialogue.stage.silent());
}

TEST_CASE("worker: in a round siblings travel as one sum, strangers apart") {
  WorkerDialogue dialogue({.workers = 1, .partitions = 4});
  dialogue.lease({0, 1, 3});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  const Push push = dialogue.turn({{0, 0, 4}, {1, 0, 4}, {3, 0, 4}});
  REQUIRE(push.contributions.size() == 2);
  CHECK(push.contributions[0].level == 0);
  CHECK(push.contributions[0].index == 3);
  CHECK(push.contributions[1].level == 1);
  CHECK(push.contributions[1].rows == 8);
}

TEST_CASE("worker: without rounds each partition is pushed on its own") {
  WorkerDialogue dialogue({.workers = 1, .gate = open_gate()});
  dialogue.lease({0, 1});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  CHECK(dialogue.turn({{0, 0, 4}, {1, 0, 4}}).turns.size() == 1);
  CHECK(dialogue.stage.heard_by<Push>(aggregator_id).turns[0].partition == 1);
  CHECK(dialogue.stage.silent());
}

namespace {

/// The gradient that a turn of partition 0 came to, by index.
std::vector<float> summed(const Payload& payload, std::span<const std::uint32_t> wished) {
  std::vector<float> sum(12, 0.0F);
  if (const auto* entries = std::get_if<ListedValues>(&payload)) {
    std::size_t k = 0;
    for (const std::uint32_t feature : entries->features.copy())
      sum[feature] += entries->values[k++];
  } else if (const auto* listed = std::get_if<SparseValues>(&payload)) {
    for (std::size_t k = 0; k < listed->indices.size(); ++k)
      sum[listed->indices[k]] += listed->values[k];
  } else {
    const auto& aligned = std::get<AlignedValues>(payload).values;
    REQUIRE(aligned.size() <= wished.size());
    for (std::size_t k = 0; k < aligned.size(); ++k) sum[wished[k]] += aligned[k];
  }
  return sum;
}

Block some_model() {
  Block model(12);
  for (std::size_t u = 0; u < 12; ++u) model.values()[u] = 0.1F * static_cast<float>(u) - 0.5F;
  return model;
}

}  // namespace

TEST_CASE("worker: what it wished for is as good as the whole model, bit for bit") {
  for (const bool entrywise : {true, false})
    for (const std::uint64_t quota : {4, 3}) {
      CAPTURE(entrywise);
      CAPTURE(quota);
      WorkerDialogue by_wish({.gate = open_gate(), .entrywise = entrywise});
      by_wish.lease({0});
      by_wish.stage.heard_by<Pull>(aggregator_id);
      const Push first = by_wish.turn({{0, 0, 4}});
      const std::vector<std::uint32_t> features = first.wishes.at(0).features.copy();
      AlignedValues answer;
      const Block model = some_model();
      for (const std::uint32_t u : features) answer.values.push_back(model.values()[u]);
      const Turn second{0, 1, quota};
      by_wish.worker.receive(by_wish.stage, aggregator_id,
                             Parameters{.version = 2, .turns = {second}, .payload = answer});
      const auto wished = by_wish.stage.heard_by<Push>(aggregator_id);
      CHECK(std::holds_alternative<AlignedValues>(wished.contributions[0].payload) == entrywise);

      WorkerDialogue whole({.gate = open_gate(), .entrywise = entrywise});
      whole.lease({0});
      whole.stage.heard_by<Pull>(aggregator_id);
      whole.worker.receive(
          whole.stage, aggregator_id,
          Parameters{
              .version = 2, .turns = {second}, .payload = DenseValues{some_model().freeze()}});
      const auto dense = whole.stage.heard_by<Push>(aggregator_id);
      CHECK(dense.contributions[0].rows == quota);
      CHECK(summed(wished.contributions[0].payload, features) ==
            summed(dense.contributions[0].payload, {}));
    }
}

TEST_CASE("worker: a turn whose rows are empty reads nothing of an answer") {
  std::vector<SparseRow> rows(200);
  for (std::size_t i = 0; i < 100; ++i) rows[i] = {.index = {3}, .value = {1}, .label = 1};
  WorkerDialogue dialogue({.workers = 1, .validation = 0});
  dialogue.plan->data = memory_dataset(rows, 12);
  dialogue.plan->supply = toy_supply(*dialogue.plan, {});
  dialogue.lease({0, 1});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  const Push first = dialogue.turn({{0, 0, 4}, {1, 0, 4}});
  REQUIRE(first.wishes.size() == 2);
  CHECK(first.wishes[0].features.size() == 4);
  CHECK(first.wishes[1].features.empty());
  dialogue.worker.receive(
      dialogue.stage, aggregator_id,
      Parameters{
          .version = 2, .turns = {{0, 1, 4}, {1, 1, 4}}, .payload = AlignedValues{{0, 0, 0, 0}}});
  CHECK(dialogue.stage.heard_by<Push>(aggregator_id).turns.size() == 2);
}

TEST_CASE("worker: working ahead, it wishes for the turn behind those it has") {
  WorkerDialogue dialogue({.gate = open_gate(), .ahead = 3});
  dialogue.lease({0});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  CHECK(dialogue.turn({{0, 0, 4}, {0, 1, 4}}).wishes.at(0).step == 3);
  CHECK(dialogue.stage.heard_by<Push>(aggregator_id).wishes.at(0).step == 4);
}

TEST_CASE("worker: the quota of a turn is not exceeded") {
  WorkerDialogue dialogue({});
  dialogue.lease({0});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  const Push push = dialogue.turn({{.partition = 0, .step = 0, .rows = 3}});
  CHECK(push.turns[0].rows == 3);
  CHECK(push.contributions[0].rows == 3);
}

TEST_CASE("worker: a replica descends and travels as it is, without a copy of the model's place") {
  WorkerDialogue dialogue({.local_steps = 5, .exchange = state_exchange()});
  dialogue.lease({0});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  const Push push = dialogue.turn({{.partition = 0, .step = 0, .rows = 20}});
  const auto& state = std::get<DenseValues>(push.contributions[0].payload);
  CHECK(std::ranges::any_of(state.values.values(), [](float w) { return w != 0.0F; }));
  CHECK(push.contributions[0].rows == 20);
}

TEST_CASE("worker: the end is answered with what was computed") {
  WorkerDialogue dialogue({});
  dialogue.lease({0});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  dialogue.turn({{.partition = 0, .step = 0, .rows = 4}});
  dialogue.worker.receive(dialogue.stage, Plan::coordinator, Finish{});
  CHECK(dialogue.stage.heard_by<Finished>(Plan::coordinator).computed == 4);
  CHECK(dialogue.stage.over);
}

TEST_CASE("worker: rows that cannot be loaded are told to the coordinator, with the line") {
  class Broken : public Dataset {
   public:
    explicit Broken(DataFacts facts) : facts_(std::move(facts)) {}
    const DataFacts& facts() const override { return facts_; }
    Shard load(RowRange) const override {
      throw UserError(ExitCode::data, "d.h5: segment 3 of /rows: wrong checksum");
    }

   private:
    DataFacts facts_;
  };
  WorkerDialogue dialogue({});
  dialogue.plan->data = std::make_shared<Broken>(dialogue.plan->data->facts());
  dialogue.plan->supply = toy_supply(*dialogue.plan);
  dialogue.lease({0});
  const auto failed = dialogue.stage.heard_by<Failed>(Plan::coordinator);
  CHECK(failed.exit_code == 3);
  CHECK(failed.line == "d.h5: segment 3 of /rows: wrong checksum");
  CHECK(dialogue.stage.silent());
}

TEST_CASE("worker: rows that are damaged further on end its work with the line that says so") {
  class Torn : public CutRows {
   public:
    using CutRows::CutRows;
    Shard load(RowRange range) const override {
      if (range.first >= 80) throw UserError(ExitCode::data, "d.h5: segment 10: damaged");
      return CutRows::load(range);
    }
  };
  WorkerDialogue dialogue({.workers = 1, .partitions = 1, .cut = 8});
  dialogue.plan->data = std::make_shared<Torn>(dialogue.plan->data, 8);
  dialogue.plan->supply = toy_supply(*dialogue.plan, {Shuffle::none, false});
  dialogue.lease({0});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  for (std::uint64_t step = 0; step < 17; ++step)
    CHECK(dialogue.turn({{0, step, 4}}).contributions[0].rows == 4);
  for (std::uint64_t step = 17; step < 20 && dialogue.stage.silent(); ++step) {
    dialogue.worker.receive(dialogue.stage, aggregator_id,
                            Parameters{.version = 1,
                                       .turns = {{0, step, 4}},
                                       .payload = DenseValues{Block::zeros(12).freeze()}});
    if (std::holds_alternative<Push>(dialogue.stage.said.front().message))
      dialogue.stage.heard_by<Push>(aggregator_id);
  }
  const auto failed = dialogue.stage.heard_by<Failed>(Plan::coordinator);
  CHECK(failed.exit_code == 3);
  CHECK(failed.line == "d.h5: segment 10: damaged");
  CHECK(dialogue.stage.silent());
}

namespace {

float first_of(const Push& push) {
  return std::get<DenseValues>(push.contributions.at(0).payload).values.values()[0];
}

}  // namespace

TEST_CASE("worker: without a model in the answer its replica goes on, and tells what it moved by") {
  WorkerDialogue together({.workers = 1,
                           .partitions = 1,
                           .local_steps = 2,
                           .exchange = state_exchange(),
                           .gate = open_gate()});
  WorkerDialogue apart({.workers = 1,
                        .partitions = 1,
                        .exchange = delta_exchange(),
                        .gate = open_gate(),
                        .pull_turns = 2});
  for (WorkerDialogue* dialogue : {&together, &apart}) {
    dialogue->lease({0});
    dialogue->stage.heard_by<Pull>(aggregator_id);
  }
  const float both = first_of(together.turn({{.partition = 0, .step = 0, .rows = 8}}));
  const float one = first_of(apart.turn({{.partition = 0, .step = 0, .rows = 4}}));
  apart.worker.receive(apart.stage, aggregator_id,
                       Parameters{.version = 2, .draws = 4, .turns = {{0, 1, 4}}, .payload = {}});
  const float two = first_of(apart.stage.heard_by<Push>(aggregator_id));
  CHECK(one != both);
  CHECK(one + two == doctest::Approx(both));
}

TEST_CASE("worker: an elastic replica goes on from where it was, a part of the way to the model") {
  WorkerDialogue dialogue({.workers = 1,
                           .partitions = 1,
                           .exchange = state_exchange(),
                           .gate = open_gate(),
                           .merge = elastic_merge()});
  dialogue.plan->schedule.start = 0;  // so that nothing moves but by the meeting
  dialogue.lease({0});
  dialogue.stage.heard_by<Pull>(aggregator_id);
  const auto answer = [&](float value, std::uint64_t step) {
    Block model = Block::zeros(dialogue.plan->parameters);
    std::ranges::fill(model.values(), value);
    dialogue.worker.receive(dialogue.stage, aggregator_id,
                            Parameters{.version = 1,
                                       .turns = {{.partition = 0, .step = step, .rows = 4}},
                                       .payload = DenseValues{std::move(model).freeze()}});
    return first_of(dialogue.stage.heard_by<Push>(aggregator_id));
  };
  CHECK(answer(8, 0) == 8);
  CHECK(answer(2, 1) == doctest::Approx(8 - (8 - 2) * 0.25 / 0.75));
}

TEST_CASE("worker: numbers beyond its model are refused with a line, and nothing is written") {
  for (const Payload& odd :
       {Payload(SparseValues{{0, 12}, {1, 1}}), Payload(SparseValues{{0, 1}, {1}}),
        Payload(ChangedValues{false, {4'000'000'000U}, {1}}),
        Payload(DenseValues{Block::zeros(11).freeze()})}) {
    WorkerDialogue dialogue({});
    dialogue.lease({0});
    dialogue.stage.heard_by<Pull>(aggregator_id);
    dialogue.turn({{0, 0, 4}});
    dialogue.worker.receive(dialogue.stage, aggregator_id,
                            Parameters{.version = 2, .turns = {{0, 1, 4}}, .payload = odd});
    const auto failed = dialogue.stage.heard_by<Failed>(Plan::coordinator);
    CHECK(failed.exit_code == 4);
    CHECK(failed.line.starts_with("worker 0: what aggregator 0 sent does not fit a model of 12"));
    CHECK(dialogue.stage.silent());
  }
}
