/// Those who hold a slice of a model, by hand: the first, who decides, and another, who obeys.
#include "actors/slice_holder.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "actors/aggregator.hpp"
#include "actors/worker.hpp"
#include "tests/actors/stage.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

constexpr ActorId slice_head = 2;
constexpr ActorId slice_other = 3;
constexpr ActorId slice_worker = 4;
constexpr ActorId slice_colleague = 5;

DepositName deposit_name(ActorId worker, std::uint32_t partition, std::uint64_t number = 1) {
  return {.worker = worker, .partition = partition, .step = 0, .number = number};
}

Deposit deposit_of(ActorId worker, std::uint32_t partition, float value) {
  return {.name = deposit_name(worker, partition),
          .payloads = {SparseValues{.indices = {0}, .values = {value}}}};
}

Order order_of(std::vector<std::uint32_t> partitions, std::vector<ActorId> listeners) {
  Order said{.version = 2, .rows = 8, .partitions = 2, .rate = 0.1F};
  for (const std::uint32_t p : partitions)
    said.parts.push_back({.name = deposit_name(slice_worker + p, p), .index = p});
  said.listeners = std::move(listeners);
  return said;
}

struct Keeping {
  explicit Keeping(Toy toy = {}) {
    toy.shards = 2;
    plan = toy_plan(toy);
    holder = std::make_unique<SliceHolder>(plan->of_slice(1));
  }
  Deposited keeps(ActorId worker, Deposit what) {
    holder->receive(stage, worker, std::move(what));
    return stage.heard_by<Deposited>(slice_head);
  }
  std::shared_ptr<const Plan> plan;
  HandStage stage{slice_other};
  std::unique_ptr<SliceHolder> holder;
};

/// The first holder, with two workers who have pulled.
struct Deciding {
  explicit Deciding(Toy toy = {}) {
    toy.shards = 2;
    plan = toy_plan(toy);
    aggregator = std::make_unique<Aggregator>(plan->of_slice(0));
    for (const ActorId worker : {slice_worker, slice_colleague}) {
      aggregator->receive(stage, worker, Pull{.partitions = {worker - slice_worker}});
      given[worker] = stage.heard_by<Parameters>(worker);
      CHECK(stage.heard_by<Order>(slice_other).listeners == std::vector<ActorId>{worker});
    }
  }
  void push(ActorId worker, float value = 1.0F) {
    const Turn turn = given[worker].turns.at(0);
    aggregator->receive(
        stage, worker,
        Push{.based_on = 1,
             .computed = turn.rows,
             .turns = {turn},
             .contributions = {{.index = turn.partition,
                                .partitions = 1,
                                .rows = turn.rows,
                                .payload = SparseValues{.indices = {0}, .values = {value}}}},
             .number = 1});
  }
  void deposited(ActorId worker, bool sound = true, std::uint32_t payloads = 1) {
    aggregator->receive(stage, slice_other,
                        Deposited{.name = deposit_name(worker, worker - slice_worker),
                                  .payloads = payloads,
                                  .sound = sound});
  }
  std::shared_ptr<const Plan> plan;
  HandStage stage{slice_head};
  std::unique_ptr<Aggregator> aggregator;
  std::map<ActorId, Parameters> given;
};

}  // namespace

TEST_CASE("slice holder: it says what it has, and makes an update of what it is told to") {
  Keeping keeping;
  const Deposited kept = keeping.keeps(slice_worker, deposit_of(slice_worker, 0, 8.0F));
  CHECK(kept.sound);
  CHECK(kept.payloads == 1);
  CHECK(kept.bytes == 8);
  keeping.keeps(slice_colleague, deposit_of(slice_colleague, 1, 8.0F));
  keeping.holder->receive(keeping.stage, slice_head, order_of({0, 1}, {slice_worker, slice_head}));
  const auto slice = keeping.stage.heard_by<Slice>(slice_worker);
  CHECK(slice.version == 2);
  CHECK(slice.values.size() == 6);
  CHECK(slice.values.values()[0] == doctest::Approx(-0.2));  // rate 0.1 x 16 / 8 rows
  CHECK(keeping.stage.heard_by<Slice>(slice_head).version == 2);
  CHECK(keeping.stage.silent());
}

TEST_CASE("slice holder: numbers that are not finite or fit no slice are said to be so") {
  Keeping keeping;
  CHECK_FALSE(
      keeping
          .keeps(slice_worker, deposit_of(slice_worker, 0, std::numeric_limits<float>::infinity()))
          .sound);
  Deposit beyond = deposit_of(slice_worker, 0, 1.0F);
  beyond.payloads = {SparseValues{.indices = {6}, .values = {1.0F}}};
  CHECK_FALSE(keeping.keeps(slice_worker, beyond).sound);
  // The other worker's counts alone.
  keeping.keeps(slice_colleague, deposit_of(slice_colleague, 1, 8.0F));
  Order half = order_of({0, 1}, {slice_worker});
  half.parts[0].sound = false;
  half.rows = 4;
  keeping.holder->receive(keeping.stage, slice_head, half);
  CHECK(keeping.stage.heard_by<Slice>(slice_worker).values.values()[0] == doctest::Approx(-0.2));
}

TEST_CASE("slice holder: nobody but the first holder orders anything") {
  Keeping keeping;
  keeping.keeps(slice_worker, deposit_of(slice_worker, 0, 8.0F));
  keeping.holder->receive(keeping.stage, slice_worker, order_of({0}, {slice_worker}));
  CHECK(keeping.stage.silent());
}

TEST_CASE("slice holder: an order for what is not here ends the run with a line") {
  Keeping keeping;
  keeping.keeps(slice_worker, deposit_of(slice_worker, 0, 8.0F));
  keeping.holder->receive(keeping.stage, slice_head, order_of({0, 1}, {slice_worker}));
  const auto failed = keeping.stage.heard_by<Failed>(Plan::coordinator);
  CHECK(keeping.stage.heard_by<Slice>(slice_worker).version == 2);  // nobody is left waiting
  CHECK(failed.exit_code == 4);
  CHECK(failed.line ==
        "aggregator 1: what aggregator 0 orders for version 2 of the model is not here; is its "
        "process what it should be?");
  CHECK(keeping.stage.silent());
}

TEST_CASE("slice holder: of one worker it keeps so many pushes, the newest") {
  Keeping keeping;
  const std::size_t most = keeping.plan->deposits_max();
  for (std::uint64_t n = 1; n <= most + 1; ++n) {
    Deposit one = deposit_of(slice_worker, 0, 8.0F);
    one.name.number = n;
    keeping.keeps(slice_worker, one);
  }
  Order oldest = order_of({0}, {slice_worker});
  keeping.holder->receive(keeping.stage, slice_head, oldest);
  keeping.stage.heard_by<Failed>(Plan::coordinator);
}

TEST_CASE("slice holder: what has overflowed is told to the first holder before anybody") {
  Keeping keeping({.gate = open_gate()});
  keeping.keeps(slice_worker, deposit_of(slice_worker, 0, std::numeric_limits<float>::max()));
  Order huge = order_of({0}, {slice_worker});
  huge.rows = 1;
  huge.alone = true;
  huge.rate = 1e9F;
  keeping.holder->receive(keeping.stage, slice_head, huge);
  CHECK(keeping.stage.heard_by<Refused>(slice_head).diverged);
  keeping.stage.heard_by<Slice>(slice_worker);
}

TEST_CASE("first holder: a push counts once all slices have their part of it") {
  Deciding deciding;
  deciding.push(slice_worker);
  deciding.deposited(slice_colleague);  // before its push: they come on different ways
  deciding.push(slice_colleague);
  CHECK(deciding.stage.silent());
  deciding.deposited(slice_worker);
  const auto answer = deciding.stage.heard_by<Parameters>(slice_worker);
  CHECK(answer.version == 2);
  CHECK(std::get<DenseValues>(answer.payload).values.size() == 6);
  deciding.stage.heard_by<Parameters>(slice_colleague);
  const auto said = deciding.stage.heard_by<Order>(slice_other);
  CHECK(said.parts.size() == 2);
  CHECK(said.rows == 8);
  CHECK(said.listeners == std::vector<ActorId>{slice_worker, slice_colleague});
  CHECK(deciding.stage.silent());
}

TEST_CASE("first holder: what is not sound in one slice is refused in all") {
  Deciding deciding({.gate = open_gate()});
  deciding.push(slice_worker);
  deciding.deposited(slice_worker, false);
  CHECK(deciding.stage.heard_by<Refused>(Plan::coordinator).worker == slice_worker);
  deciding.stage.heard_by<Parameters>(slice_worker);
  const auto said = deciding.stage.heard_by<Order>(slice_other);
  CHECK(said.parts.empty());
  CHECK(said.useless == std::vector<DepositName>{deposit_name(slice_worker, 0)});
  CHECK(said.version == 1);
}

TEST_CASE("first holder: a push whose parts are not as many elsewhere is refused") {
  Deciding deciding({.gate = open_gate()});
  deciding.push(slice_worker);
  deciding.deposited(slice_worker, true, 2);
  CHECK(deciding.stage.heard_by<Refused>(Plan::coordinator).worker == slice_worker);
}

TEST_CASE("first holder: of a lost worker's push that is not everywhere nothing is taken") {
  Deciding deciding({.gate = open_gate()});
  deciding.push(slice_worker);
  deciding.aggregator->receive(deciding.stage, Plan::coordinator,
                               WorkersLost{.workers = {slice_worker}});
  CHECK(deciding.stage.heard_by<Order>(slice_other).useless ==
        std::vector<DepositName>{deposit_name(slice_worker, 0)});
  deciding.deposited(slice_worker);  // it was on its way
  CHECK(deciding.stage.heard_by<Order>(slice_other).useless.size() == 1);
  CHECK(deciding.stage.silent());
  deciding.aggregator->receive(deciding.stage, Plan::coordinator, Stop{.at_once = true});
  deciding.stage.heard_by<Order>(slice_other);
  deciding.aggregator->receive(deciding.stage, slice_other, Slice{1, Block::zeros(6).freeze()});
  const auto final = deciding.stage.heard_by<Final>(Plan::coordinator);
  CHECK(final.model.size() == 12);
  REQUIRE(final.discarded.size() == 1);
  CHECK(final.discarded[0].reason == "late");
  CHECK(final.discarded[0].rows == 4);
}

TEST_CASE(
    "first holder: without one of the slices there is no model, and the accounts are closed") {
  Deciding deciding({.gate = open_gate()});
  deciding.push(slice_worker);
  deciding.deposited(slice_worker);
  deciding.stage.heard_by<Parameters>(slice_worker);
  deciding.stage.heard_by<Order>(slice_other);
  deciding.aggregator->receive(deciding.stage, Plan::coordinator,
                               WorkersLost{.workers = {slice_other}});
  const auto final = deciding.stage.heard_by<Final>(Plan::coordinator);
  CHECK(final.model.size() == 0);
  CHECK(final.progress.delivered == 4);
  CHECK(deciding.stage.silent());
}

TEST_CASE("first holder: the last model is handed over once it is whole, or has overflowed") {
  Deciding deciding;
  deciding.aggregator->receive(deciding.stage, Plan::coordinator, Stop{.at_once = true});
  CHECK(deciding.stage.heard_by<Order>(slice_other).listeners == std::vector<ActorId>{slice_head});
  CHECK(deciding.stage.silent());
  deciding.aggregator->receive(deciding.stage, slice_other,
                               Refused{.worker = slice_other, .diverged = true});
  CHECK(deciding.stage.heard_by<Refused>(Plan::coordinator).diverged);
  deciding.aggregator->receive(deciding.stage, slice_other, Slice{1, Block::zeros(6).freeze()});
  deciding.stage.heard_by<Final>(Plan::coordinator);
  CHECK(deciding.stage.silent());
}

TEST_CASE("worker of slices: it begins when all of one version are here, and cuts what it says") {
  const auto plan = toy_plan({.workers = 1, .partitions = 1, .shards = 2});
  HandStage stage(slice_worker);
  Worker worker(plan);
  worker.receive(stage, Plan::coordinator, Lease{.partitions = {0}});
  stage.heard_by<Pull>(slice_head);
  worker.receive(stage, slice_head,
                 Parameters{.version = 2,
                            .turns = {{.partition = 0, .step = 0, .rows = 4}},
                            .payload = DenseValues{Block::zeros(6).freeze()}});
  worker.receive(stage, slice_other,
                 Slice{1, Block::zeros(6).freeze()});  // nobody waits for it now
  CHECK(stage.silent());
  Condition condition;
  worker.describe(condition);
  REQUIRE(condition.waits.size() == 1);
  CHECK(condition.waits[0].on == slice_other);
  CHECK(condition.waits[0].message == "its slice of version 2");
  worker.receive(stage, slice_other, Slice{2, Block::zeros(6).freeze()});
  const auto theirs = stage.heard_by<Deposit>(slice_other);
  const auto push = stage.heard_by<Push>(slice_head);
  CHECK(push.number == 1);
  CHECK(theirs.name == DepositName{.worker = slice_worker, .partition = 0, .step = 0, .number = 1});
  for (const Payload& part : {theirs.payloads.at(0), push.contributions.at(0).payload})
    for (const std::uint32_t index : std::get<SparseValues>(part).indices) CHECK(index < 6);
}

TEST_CASE("worker of slices: a slice of another length ends the run with a line") {
  const auto plan = toy_plan({.workers = 1, .partitions = 1, .shards = 2});
  HandStage stage(slice_worker);
  Worker worker(plan);
  worker.receive(stage, slice_other, Slice{1, Block::zeros(7).freeze()});
  CHECK(stage.heard_by<Failed>(Plan::coordinator).line ==
        "worker 0: what aggregator 1 sent does not fit its slice of the model; is its process what "
        "it should be?");
}
