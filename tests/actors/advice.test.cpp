/// Steps in phases (LC-ASGD, Algorithms 1 and 2): forward, report, advice, backward, push.
#include <doctest/doctest.h>

#include "actors/aggregator.hpp"
#include "actors/worker.hpp"
#include "tests/actors/stage.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

Toy asking(const char* form) {
  Toy toy{.gate = open_gate(), .pull = PullKind::dense, .update = loss_compensated_update()};
  toy.updates.set("training.loss_compensated.form", std::string(form));
  toy.updates.set("training.loss_compensated.lambda", 0.5);
  toy.updates.set("training.loss_compensated.limit", 4.0);
  toy.updates.set("training.loss_compensated.lookback", 50.0);
  return toy;
}

struct Adviser {
  explicit Adviser(const Toy& toy) : plan(toy_plan(toy)), worker(plan) {
    worker.receive(stage, Plan::coordinator, Lease{.partitions = {0}});
    stage.heard_by<Pull>(aggregator_id);
  }
  void model(std::uint64_t step) {
    worker.receive(stage, aggregator_id,
                   Parameters{.version = step + 1,
                              .turns = {{0, step, 4}},
                              .payload = DenseValues{Block::zeros(plan->parameters).freeze()}});
  }
  void advise(Advice advice) { worker.receive(stage, aggregator_id, advice); }

  std::shared_ptr<Plan> plan;
  HandStage stage{first_worker};
  Worker worker;
};

std::vector<float> values_of(const Push& push) {
  return std::get<SparseValues>(push.contributions.at(0).payload).values;
}

}  // namespace

TEST_CASE("advice: a worker reports its loss and the time of its pull, and waits") {
  Adviser hand(asking("scaled"));
  hand.stage.time = 1.5;
  hand.model(0);
  const auto outlook = hand.stage.heard_by<Outlook>(aggregator_id);
  CHECK(outlook.partition == 0);
  CHECK(outlook.step == 0);
  CHECK(outlook.loss == doctest::Approx(1));  // hinge at zero weights
  CHECK(outlook.pull_seconds == 1.5);
  CHECK(outlook.compute_seconds == 0);
  CHECK(hand.stage.silent());
  CHECK(hand.stage.spent == 0);
  hand.stage.time = 2;
  hand.advise({.partition = 0, .step = 0, .updates = 1, .loss = 1});
  CHECK(hand.stage.heard_by<Push>(aggregator_id).turns[0].step == 0);
  CHECK(hand.stage.spent == 4);
  CHECK(hand.stage.silent());
}

TEST_CASE("advice: for another turn than the one at hand it is not heard") {
  Adviser hand(asking("scaled"));
  hand.model(0);
  hand.stage.heard_by<Outlook>(aggregator_id);
  hand.advise({.partition = 0, .step = 1});
  hand.advise({.partition = 1, .step = 0});
  CHECK(hand.stage.silent());
  hand.advise({.partition = 0, .step = 0});
  hand.stage.heard_by<Push>(aggregator_id);
  hand.advise({.partition = 0, .step = 0});
  CHECK(hand.stage.silent());
}

TEST_CASE("advice: an answer that comes while a step is under way waits for its end") {
  Adviser hand(asking("scaled"));
  hand.model(0);
  hand.stage.heard_by<Outlook>(aggregator_id);
  hand.model(1);
  CHECK(hand.stage.silent());
  hand.advise({.partition = 0, .step = 0});
  CHECK(hand.stage.heard_by<Push>(aggregator_id).based_on == 1);
  CHECK(hand.stage.heard_by<Outlook>(aggregator_id).step == 1);
}

TEST_CASE("advice: literally the gradient is that of asgd, bit for bit; scaled it is larger") {
  Toy plain{.gate = open_gate(), .pull = PullKind::dense, .entrywise = false};
  Adviser asgd(plain);
  asgd.model(0);
  const std::vector<float> expected = values_of(asgd.stage.heard_by<Push>(aggregator_id));
  const auto pushed = [](const char* form, Advice advice) {
    Adviser hand(asking(form));
    hand.model(0);
    hand.stage.heard_by<Outlook>(aggregator_id);
    hand.advise(advice);
    return values_of(hand.stage.heard_by<Push>(aggregator_id));
  };
  CHECK(pushed("literal", {.updates = 3, .loss = 2.5}) == expected);
  CHECK(pushed("scaled", {.updates = 0, .loss = 2.5}) == expected);  // nobody comes between
  const std::vector<float> scaled = pushed("scaled", {.updates = 3, .loss = 2.5});
  REQUIRE(scaled.size() == expected.size());
  for (std::size_t i = 0; i < scaled.size(); ++i)
    CHECK(scaled[i] == doctest::Approx((1 + 0.5 * 2.5) * expected[i]));
  CHECK(pushed("scaled", {.updates = 3, .loss = 1e9})[0] ==
        doctest::Approx((1 + 0.5 * 4) * expected[0]));  // c
}

TEST_CASE("advice: it comes at once and leaves the model as it is") {
  const auto plan = toy_plan(asking("scaled"));
  Aggregator aggregator(plan);
  HandStage stage{aggregator_id};
  const auto say = [&](ActorId from, Message message) {
    aggregator.receive(stage, from, std::move(message));
  };
  say(first_worker, Pull{.partitions = {0}});
  say(second_worker, Pull{.partitions = {1}});
  stage.heard_by<Parameters>(first_worker);
  stage.heard_by<Parameters>(second_worker);
  for (std::uint64_t step = 0; step < 4; ++step)
    for (const std::uint32_t p : {0U, 1U}) {
      const ActorId worker = p == 0 ? first_worker : second_worker;
      say(worker, Outlook{.partition = p, .step = step, .loss = 0.5, .pull_seconds = 0.1});
      const auto advice = stage.heard_by<Advice>(worker);
      CHECK(advice.partition == p);
      CHECK(advice.step == step);
      if (step > 1) CHECK(advice.updates == 1);  // the other one's
      if (step > 1) CHECK(advice.loss == doctest::Approx(0.5));
      Push push{.based_on = 1, .turns = {{p, step, 4}}};
      push.contributions = {
          {.index = p, .partitions = 1, .rows = 4, .payload = SparseValues{{p}, {4}}}};
      say(worker, std::move(push));
      CHECK(stage.heard_by<Parameters>(worker).version == 2 * step + p + 2);
    }
  CHECK(stage.silent());
}

TEST_CASE("advice: whoever asks about a turn that is not his is answered with none") {
  const auto plan = toy_plan(asking("scaled"));
  Aggregator aggregator(plan);
  HandStage stage{aggregator_id};
  aggregator.receive(stage, first_worker, Pull{.partitions = {0}});
  stage.heard_by<Parameters>(first_worker);
  for (const Outlook& outlook :
       {Outlook{.partition = 1}, Outlook{.partition = 9}, Outlook{.partition = 0, .step = 5}}) {
    aggregator.receive(stage, first_worker, outlook);
    CHECK(stage.heard_by<Advice>(first_worker).updates == 0);
  }
}
