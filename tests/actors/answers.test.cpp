/// With what a push is answered, and who waits for it: merged gradients that workers apply
/// themselves, and workers that go on without being answered.
#include <doctest/doctest.h>

#include "actors/aggregator.hpp"
#include "actors/worker.hpp"
#include "tests/actors/stage.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

/// Sums are of mean gradients: 4 rows a turn, so 4 is a mean of 1.
Push pushed(const Turn& turn, std::vector<std::uint32_t> indices, std::vector<float> values,
            std::uint64_t based_on = 1) {
  return {.based_on = based_on,
          .turns = {turn},
          .contributions = {{.index = turn.partition,
                             .partitions = 1,
                             .rows = turn.rows,
                             .payload = SparseValues{std::move(indices), std::move(values)}}}};
}

Toy merging(bool waits) {
  return {.gate = barrier_gate(),
          .pull = PullKind::dense,
          .ahead = waits ? 1U : 3U,
          .merge = waits ? sum_merge() : newest_merge(),
          .waits = waits,
          .reply = ReplyKind::gradient};
}

struct Holder {
  explicit Holder(const Toy& toy) : plan(toy_plan(toy)), aggregator(plan) {}
  std::vector<Turn> pull(ActorId worker, std::uint32_t partition) {
    aggregator.receive(stage, worker, Pull{.partitions = {partition}});
    return stage.heard_by<Parameters>(worker).turns;
  }
  void push(ActorId worker, Push push) { aggregator.receive(stage, worker, std::move(push)); }

  std::shared_ptr<const Plan> plan;
  HandStage stage{aggregator_id};
  Aggregator aggregator;
};

using Indices = std::vector<std::uint32_t>;
using Values = std::vector<float>;

}  // namespace

TEST_CASE("reply gradient: all hear the sum, and what changed since the last one they heard") {
  Holder holder(merging(true));
  const Turn a = holder.pull(first_worker, 0).at(0);
  const Turn b = holder.pull(second_worker, 1).at(0);
  holder.push(first_worker, pushed(a, {0, 5}, {4, 4}));
  CHECK(holder.stage.silent());
  holder.push(second_worker, pushed(b, {5}, {8}));
  const auto heard = holder.stage.heard_by<Merged>(first_worker);
  CHECK(heard.version == 2);
  CHECK(heard.factor == 0.25F);  // 2 partitions, 8 rows: the sum of two means
  CHECK(heard.rate == doctest::Approx(0.1));
  CHECK(std::get<ChangedValues>(heard.payload).indices == Indices{0, 5});
  CHECK(std::get<ChangedValues>(heard.payload).values == Values{4, 12});
  const auto other = holder.stage.heard_by<Merged>(second_worker);
  holder.push(first_worker, pushed(heard.turns.at(0), {0}, {4}, 2));
  holder.push(second_worker, pushed(other.turns.at(0), {7}, {4}, 2));
  const auto next = std::get<ChangedValues>(holder.stage.heard_by<Merged>(first_worker).payload);
  CHECK(next.indices == Indices{5, 7});  // 0 is the same, 5 is gone: a zero travels
  CHECK(next.values == Values{0, 4});
}

TEST_CASE("reply gradient: who comes later is told the model, and gradients from then on") {
  Holder holder(merging(true));
  const Turn a = holder.pull(first_worker, 0).at(0);
  const Turn b = holder.pull(first_worker, 1).at(0);
  Push both = pushed(a, {0}, {4});
  both.turns.push_back(b);
  both.contributions.push_back(pushed(b, {1}, {4}).contributions[0]);
  holder.push(first_worker, std::move(both));
  holder.stage.heard_by<Merged>(first_worker);
  holder.aggregator.receive(holder.stage, second_worker, Pull{.partitions = {1}});
  const auto late = holder.stage.heard_by<Parameters>(second_worker);
  CHECK(late.version == 2);
  CHECK(std::get<DenseValues>(late.payload).values.values()[1] == doctest::Approx(-0.1));
  holder.push(first_worker, pushed({0, 1, 4}, {0}, {4}, 2));
  holder.push(second_worker, pushed({1, 1, 4}, {1}, {4}, 2));
  holder.stage.heard_by<Merged>(first_worker);
  CHECK(std::get<ChangedValues>(holder.stage.heard_by<Merged>(second_worker).payload).fresh);
}

TEST_CASE("wait never: leave for the next turn comes at once, the sum when all have sent") {
  Holder holder(merging(false));
  const std::vector<Turn> mine = holder.pull(first_worker, 0);
  const std::vector<Turn> theirs = holder.pull(second_worker, 1);
  REQUIRE(mine.size() == 3);
  holder.push(first_worker, pushed(mine[0], {0, 5}, {4, 4}));
  const auto leave = holder.stage.heard_by<Parameters>(first_worker);
  CHECK(leave.turns == std::vector<Turn>{{.partition = 0, .step = 3, .rows = 4}});
  CHECK(std::holds_alternative<std::monostate>(leave.payload));
  // Its second one meets the first: 5 collides and the newest wins, 0 stays, 7 is new.
  holder.push(first_worker, pushed(mine[1], {5, 7}, {16, 8}));
  holder.stage.heard_by<Parameters>(first_worker);
  CHECK(holder.stage.silent());
  holder.push(second_worker, pushed(theirs[0], {7}, {4}));
  const auto sum = std::get<ChangedValues>(holder.stage.heard_by<Merged>(first_worker).payload);
  CHECK(sum.indices == Indices{0, 5, 7});
  CHECK(sum.values == Values{4, 16, 12});
  const auto heard = holder.stage.heard_by<Merged>(second_worker);
  CHECK(heard.turns.size() == 1);  // its leave travels with the sum
  CHECK(heard.factor == 0.25F);    // a mean for each sender, however often it sent
  CHECK(holder.stage.silent());
  holder.aggregator.receive(holder.stage, Plan::coordinator, Stop{.at_once = true});
  const auto final = holder.stage.heard_by<Final>(Plan::coordinator);
  CHECK(final.progress.updates == 1);
  CHECK(final.progress.delivered == 12);
  CHECK(final.discarded.empty());
}

TEST_CASE("wait never: rows of whose gradient nothing is left are overwritten, not delivered") {
  Holder holder(merging(false));
  const std::vector<Turn> mine = holder.pull(first_worker, 0);
  const std::vector<Turn> theirs = holder.pull(second_worker, 1);
  holder.push(first_worker, pushed(mine[0], {5}, {4}));
  holder.push(first_worker, pushed(mine[1], {5}, {8}));
  holder.push(second_worker, pushed(theirs[0], {7}, {4}));
  while (!holder.stage.silent()) holder.stage.said.pop_front();
  holder.aggregator.receive(holder.stage, Plan::coordinator, Stop{.at_once = true});
  const auto final = holder.stage.heard_by<Final>(Plan::coordinator);
  CHECK(final.progress.delivered == 8);
  REQUIRE(final.discarded.size() == 1);
  CHECK(final.discarded[0].reason == "overwritten");
  CHECK(final.discarded[0].rows == 4);
}

TEST_CASE("wait never: who is done leaves, and the sum waits for one fewer") {
  Toy toy = merging(false);
  toy.rows = 24;  // 12 a partition: 3 turns each
  toy.validation = 0;
  toy.epochs = 1;
  Holder holder(toy);
  const std::vector<Turn> mine = holder.pull(first_worker, 0);
  const std::vector<Turn> theirs = holder.pull(second_worker, 1);
  for (const Turn& turn : mine)
    holder.push(first_worker, pushed(turn, {static_cast<std::uint32_t>(turn.step)}, {4}));
  CHECK(holder.stage.silent());  // no rows are left for another turn
  holder.push(second_worker, pushed(theirs[0], {7}, {4}));
  holder.stage.heard_by<Merged>(first_worker);
  holder.stage.heard_by<Merged>(second_worker);
  holder.push(second_worker, pushed(theirs[1], {7}, {4}, 2));  // now alone
  holder.stage.heard_by<Merged>(first_worker);
  holder.stage.heard_by<Merged>(second_worker);
  holder.push(second_worker, pushed(theirs[2], {7}, {4}, 3));
  CHECK(holder.stage.heard_by<Final>(Plan::coordinator).progress.updates == 3);
}

namespace {

struct Hand {
  explicit Hand(const Toy& toy) : plan(toy_plan(toy)), worker(plan) {
    worker.receive(stage, Plan::coordinator, Lease{.partitions = {0}});
    stage.heard_by<Pull>(aggregator_id);
  }
  void model(std::vector<Turn> turns) {
    worker.receive(stage, aggregator_id,
                   Parameters{.version = 1,
                              .turns = std::move(turns),
                              .payload = DenseValues{Block::zeros(plan->parameters).freeze()}});
  }
  void look_at_mail() {
    REQUIRE(stage.alarms.size() == 1);
    stage.alarms.clear();
    worker.woken(stage, 0);
  }

  std::shared_ptr<Plan> plan;
  HandStage stage{first_worker};
  Worker worker;
};

Merged sum_of_all(std::vector<Turn> turns) {
  return {.version = 2,
          .factor = 0.25F,
          .rate = 0.5F,
          .turns = std::move(turns),
          .payload = ChangedValues{.fresh = true, .indices = {3}, .values = {8}}};
}

}  // namespace

TEST_CASE("wait never: a worker takes turn after turn, and looks at its mail between two") {
  Hand hand(merging(false));
  hand.model({{0, 0, 4}, {0, 1, 4}, {0, 2, 4}});
  CHECK(hand.stage.silent());
  hand.look_at_mail();
  CHECK(hand.stage.heard_by<Push>(aggregator_id).turns[0].step == 0);
  hand.worker.receive(hand.stage, aggregator_id, sum_of_all({{0, 3, 4}}));
  CHECK(hand.stage.silent());
  hand.look_at_mail();
  const auto next = hand.stage.heard_by<Push>(aggregator_id);
  CHECK(next.turns[0].step == 1);
  CHECK(next.based_on == 2);
  hand.look_at_mail();
  hand.look_at_mail();
  CHECK(hand.stage.said.size() == 2);
  CHECK(hand.stage.alarms.empty());
}

TEST_CASE("reply gradient: a worker makes the step of all on the model that it has") {
  Toy toy = merging(true);
  toy.entrywise = false;
  Hand hand(toy);
  Toy other = toy;
  other.reply = ReplyKind::model;
  Hand told(other);
  hand.model({{0, 0, 4}});
  told.model({{0, 0, 4}});
  hand.stage.heard_by<Push>(aggregator_id);
  told.stage.heard_by<Push>(aggregator_id);
  hand.worker.receive(hand.stage, aggregator_id, sum_of_all({{0, 1, 4}}));
  Block model = Block::zeros(hand.plan->parameters);
  model.values()[3] -= 0.5F * 0.25F * 8;
  told.worker.receive(
      told.stage, aggregator_id,
      Parameters{
          .version = 2, .turns = {{0, 1, 4}}, .payload = DenseValues{std::move(model).freeze()}});
  const auto mine = hand.stage.heard_by<Push>(aggregator_id);
  const auto theirs = told.stage.heard_by<Push>(aggregator_id);
  CHECK(std::get<SparseValues>(mine.contributions[0].payload).values ==
        std::get<SparseValues>(theirs.contributions[0].payload).values);
}
