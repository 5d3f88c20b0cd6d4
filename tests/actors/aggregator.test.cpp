#include "actors/aggregator.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "tests/actors/stage.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

Push push_of(const Parameters& parameters, float gradient) {
  Push push{.based_on = parameters.version, .computed = 4};
  for (const Turn& turn : parameters.turns) {
    push.turns.push_back(turn);
    push.contributions.push_back(
        {.level = 0,
         .index = turn.partition,
         .partitions = 1,
         .rows = turn.rows,
         .payload = SparseValues{.indices = {turn.partition}, .values = {gradient}}});
  }
  return push;
}

/// As a worker of this plan would write it.
Push written(const Plan& plan, Push push) {
  for (Contribution& part : push.contributions) {
    const auto* sum = std::get_if<SparseValues>(&part.payload);
    if (plan.unsummed && sum != nullptr)
      part.payload = ListedValues{Features(sum->indices), std::vector<float>(sum->values)};
  }
  return push;
}

struct Dialogue {
  explicit Dialogue(const Toy& toy) : plan(toy_plan(toy)), aggregator(plan) {}
  Parameters pull(ActorId worker, std::uint32_t partition) {
    aggregator.receive(stage, worker, Pull{.partitions = {partition}});
    return stage.heard_by<Parameters>(worker);
  }
  void push(ActorId worker, Push push) {
    aggregator.receive(stage, worker, written(*plan, std::move(push)));
  }

  HandStage stage{2};
  std::shared_ptr<const Plan> plan;
  Aggregator aggregator;
};

}  // namespace

TEST_CASE("aggregator: a pull is answered with the whole model and the turn") {
  Dialogue dialogue({});
  const Parameters parameters = dialogue.pull(first_worker, 0);
  CHECK(parameters.version == 1);
  CHECK(parameters.turns == std::vector<Turn>{{.partition = 0, .step = 0, .rows = 4}});
  CHECK(std::get<DenseValues>(parameters.payload).values.size() == 12);
  CHECK(dialogue.stage.silent());
}

TEST_CASE("aggregator: behind a barrier nobody hears anything before the last has pushed") {
  Dialogue dialogue({});
  const Parameters a = dialogue.pull(first_worker, 0);
  const Parameters b = dialogue.pull(second_worker, 1);
  dialogue.push(first_worker, push_of(a, 8.0F));
  CHECK(dialogue.stage.silent());
  dialogue.push(second_worker, push_of(b, -8.0F));
  const auto to_first = dialogue.stage.heard_by<Parameters>(first_worker);
  const auto to_second = dialogue.stage.heard_by<Parameters>(second_worker);
  CHECK(to_first.version == 2);
  CHECK(to_second.turns == std::vector<Turn>{{.partition = 1, .step = 1, .rows = 4}});
  CHECK(dialogue.stage.silent());
}

TEST_CASE("aggregator: a barrier waits for those who have not even come yet") {
  Dialogue dialogue({});
  dialogue.push(first_worker, push_of(dialogue.pull(first_worker, 0), 8.0F));
  CHECK(dialogue.stage.silent());
}

TEST_CASE("aggregator: the mean of a round is over its rows, and one update") {
  Dialogue dialogue({.codec = sparse_codec(), .pull = PullKind::dense});
  const Parameters a = dialogue.pull(first_worker, 0);
  const Parameters b = dialogue.pull(second_worker, 1);
  dialogue.push(first_worker, push_of(a, 8.0F));
  dialogue.push(second_worker, push_of(b, -8.0F));
  const auto answer = dialogue.stage.heard_by<Parameters>(first_worker);
  const auto model = std::get<DenseValues>(answer.payload).values.values();
  CHECK(model[0] == doctest::Approx(-0.1));  // rate 0.1 x 8 / 8 rows
  CHECK(model[1] == doctest::Approx(0.1));
}

TEST_CASE("aggregator: an open gate answers each push at once") {
  Dialogue dialogue({.gate = open_gate(), .pull = PullKind::dense});
  const Parameters a = dialogue.pull(first_worker, 0);
  dialogue.pull(second_worker, 1);
  dialogue.push(first_worker, push_of(a, 4.0F));
  const auto answer = dialogue.stage.heard_by<Parameters>(first_worker);
  CHECK(answer.version == 2);
  CHECK(std::get<DenseValues>(answer.payload).values.values()[0] == doctest::Approx(-0.1));
  CHECK(dialogue.stage.silent());
}

TEST_CASE("aggregator: the same push twice is refused and counted as late") {
  Dialogue dialogue({.gate = open_gate()});
  const Parameters a = dialogue.pull(first_worker, 0);
  dialogue.push(first_worker, push_of(a, 1.0F));
  dialogue.stage.heard_by<Parameters>(first_worker);
  dialogue.push(first_worker, push_of(a, 1.0F));
  CHECK(dialogue.stage.silent());
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator, Stop{.at_once = true});
  const auto final = dialogue.stage.heard_by<Final>(Plan::coordinator);
  REQUIRE(final.discarded.size() == 1);
  CHECK(final.discarded[0].reason == "late");
  CHECK(final.discarded[0].rows == 4);
  CHECK(final.progress.delivered == 4);
}

TEST_CASE("aggregator: a partition leased anew gets the turn that was lost, at the same step") {
  Dialogue dialogue({});
  dialogue.pull(first_worker, 0);
  const Parameters lost = dialogue.pull(second_worker, 1);
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator,
                              WorkersLost{.workers = {second_worker}});
  const Parameters again = dialogue.pull(first_worker, 1);
  CHECK(again.turns == lost.turns);
  dialogue.push(second_worker, push_of(lost, 1.0F));  // the zombie's comes too late
  CHECK(dialogue.stage.silent());
}

TEST_CASE("aggregator: a lease in the middle of a round forgets nothing that was asked for") {
  Dialogue dialogue({});
  Push mine = push_of(dialogue.pull(first_worker, 0), 1.0F);
  mine.wishes = {{.partition = 0, .step = 1, .features = {5, 7}}};
  dialogue.pull(second_worker, 1);
  dialogue.push(first_worker, std::move(mine));
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator,
                              WorkersLost{.workers = {second_worker}});
  Push theirs = push_of(dialogue.pull(first_worker, 1), 1.0F);
  theirs.wishes = {{.partition = 1, .step = 1, .features = {9}}};
  dialogue.push(first_worker, std::move(theirs));
  const auto released = dialogue.stage.heard_by<Parameters>(first_worker);
  CHECK(released.turns.size() == 2);
  // The wishes of both, in the order of the turns: 5 and 7, then 9.
  CHECK(std::get<AlignedValues>(released.payload).values == std::vector<float>{0, 0, 0});
}

TEST_CASE("aggregator: a dead worker's late pull gets no turn and takes none away") {
  Dialogue dialogue({});
  const Parameters a = dialogue.pull(first_worker, 0);
  dialogue.pull(second_worker, 1);
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator,
                              WorkersLost{.workers = {second_worker}});
  const Parameters b = dialogue.pull(first_worker, 1);
  dialogue.aggregator.receive(dialogue.stage, second_worker, Pull{.partitions = {1}});
  CHECK(dialogue.stage.silent());
  dialogue.push(first_worker, push_of(a, 1.0F));
  dialogue.push(first_worker, push_of(b, 1.0F));
  CHECK(dialogue.stage.heard_by<Parameters>(first_worker).turns.size() == 2);
}

TEST_CASE("aggregator: a new worker in a lost one's place is listened to, and its draws add up") {
  Dialogue dialogue({.gate = open_gate(), .pull = PullKind::dense});
  dialogue.push(second_worker, push_of(dialogue.pull(second_worker, 1), 1.0F));
  dialogue.stage.heard_by<Parameters>(second_worker);
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator,
                              WorkersLost{.workers = {second_worker}});
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator,
                              WorkersJoined{{second_worker}, ""});
  CHECK(dialogue.stage.heard_by<WorkersJoined>(Plan::coordinator).workers ==
        std::vector{second_worker});
  dialogue.push(second_worker, push_of(dialogue.pull(second_worker, 1), 1.0F));
  dialogue.stage.heard_by<Parameters>(second_worker);
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator, Stop{.at_once = true});
  const auto final = dialogue.stage.heard_by<Final>(Plan::coordinator);
  REQUIRE(final.computed.size() == 1);
  CHECK(final.computed[0].rows + final.computed[0].earlier == 8);
  CHECK(final.progress.delivered == 8);
}

TEST_CASE("aggregator: a partition lost before the stop is still finished by its new holder") {
  Dialogue dialogue({});
  const Parameters a = dialogue.pull(first_worker, 0);
  dialogue.pull(second_worker, 1);
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator,
                              WorkersLost{.workers = {second_worker}});
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator, Stop{});
  const Parameters b = dialogue.pull(first_worker, 1);
  REQUIRE(b.turns.size() == 1);
  dialogue.push(first_worker, push_of(a, 1.0F));
  dialogue.push(first_worker, push_of(b, 1.0F));
  const auto final = dialogue.stage.heard_by<Final>(Plan::coordinator);
  CHECK(final.progress.delivered == 8);
  CHECK(final.discarded.empty());
}

TEST_CASE("aggregator: a quota of nothing is an end, not a wait") {
  Dialogue dialogue({.epochs = 0, .gate = open_gate()});
  dialogue.aggregator.receive(dialogue.stage, first_worker, Pull{.partitions = {0}});
  CHECK(dialogue.stage.heard_by<Final>(Plan::coordinator).progress.delivered == 0);
}

TEST_CASE("aggregator: a partition whose rows are done leaves the gate") {
  // A gate that releases partition 0 only once partition 1 has left.
  struct Holding : Gate {
    void enter(std::uint32_t, std::uint64_t) override {}
    Verdict arrive(std::uint32_t p, std::uint64_t) override {
      return {.merge = true,
              .released = p == 1 ? std::vector<std::uint32_t>{1} : std::vector<std::uint32_t>{}};
    }
    Verdict leave(std::uint32_t) override { return {.merge = false, .released = {0}}; }
  };
  const auto plan = toy_plan({.epochs = 1, .rows = 10, .gate = open_gate(), .validation = 0});
  plan->gate = [] { return std::make_unique<Holding>(); };
  Aggregator aggregator(plan);
  HandStage stage(2);
  const auto pull = [&](ActorId worker, std::uint32_t p) {
    aggregator.receive(stage, worker, Pull{.partitions = {p}});
    return stage.heard_by<Parameters>(worker);
  };
  Push held = push_of(pull(first_worker, 0), std::numeric_limits<float>::quiet_NaN());
  const Parameters b = pull(second_worker, 1);
  aggregator.receive(stage, first_worker,
                     written(*plan, held));  // refused, held by the gate: 4 rows come back
  stage.heard_by<Refused>(Plan::coordinator);
  CHECK(stage.silent());
  for (Parameters turn = b;;) {
    aggregator.receive(stage, second_worker, written(*plan, push_of(turn, 1.0F)));
    if (!stage.silent() && stage.said.front().to != second_worker) break;
    turn = stage.heard_by<Parameters>(second_worker);
  }
  CHECK(stage.heard_by<Final>(Plan::coordinator).progress.delivered == 10);
}

TEST_CASE("aggregator: not-a-number is refused, named, and never reaches the model") {
  Dialogue dialogue({.pull = PullKind::dense});
  const Parameters a = dialogue.pull(first_worker, 0);
  const Parameters b = dialogue.pull(second_worker, 1);
  dialogue.push(first_worker, push_of(a, std::numeric_limits<float>::quiet_NaN()));
  const auto refused = dialogue.stage.heard_by<Refused>(Plan::coordinator);
  CHECK(refused.worker == first_worker);
  CHECK_FALSE(refused.diverged);
  dialogue.push(second_worker, push_of(b, 4.0F));
  const auto answer = dialogue.stage.heard_by<Parameters>(first_worker);
  const auto model = std::get<DenseValues>(answer.payload).values.values();
  CHECK(model[0] == 0.0F);
  CHECK(model[1] == doctest::Approx(-0.1));  // the mean over the four rows that count
}

TEST_CASE("aggregator: more than half of a round not finite is divergence, and the end") {
  Dialogue dialogue({.workers = 1, .partitions = 1});
  Push push = push_of(dialogue.pull(first_worker, 0), std::numeric_limits<float>::infinity());
  dialogue.push(first_worker, std::move(push));
  CHECK(dialogue.stage.heard_by<Refused>(Plan::coordinator).diverged);
  const auto final = dialogue.stage.heard_by<Final>(Plan::coordinator);
  CHECK(final.discarded.at(0).reason == "not finite");
  CHECK(dialogue.stage.silent());
}

TEST_CASE("aggregator: the third refusal in a row excludes a worker") {
  Dialogue dialogue({.workers = 2, .partitions = 2, .gate = barrier_gate()});
  Parameters a = dialogue.pull(first_worker, 0);
  Parameters b = dialogue.pull(second_worker, 1);
  for (int round = 1; round <= 3; ++round) {
    dialogue.push(first_worker, push_of(a, std::numeric_limits<float>::quiet_NaN()));
    CHECK(dialogue.stage.heard_by<Refused>(Plan::coordinator).excluded == (round == 3));
    dialogue.push(second_worker, push_of(b, 1.0F));
    a = dialogue.stage.heard_by<Parameters>(first_worker);
    b = dialogue.stage.heard_by<Parameters>(second_worker);
  }
}

TEST_CASE("aggregator: stop finishes the round under way and takes no other") {
  Dialogue dialogue({});
  const Parameters a = dialogue.pull(first_worker, 0);
  const Parameters b = dialogue.pull(second_worker, 1);
  dialogue.push(first_worker, push_of(a, 1.0F));
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator, Stop{});
  CHECK(dialogue.stage.silent());
  dialogue.push(second_worker, push_of(b, 1.0F));
  const auto final = dialogue.stage.heard_by<Final>(Plan::coordinator);
  CHECK(final.progress.updates == 1);
  CHECK(final.progress.delivered == 8);
  CHECK(dialogue.stage.silent());
}

TEST_CASE("aggregator: a stop that nobody answers ends at its deadline, unfinished rows counted") {
  Dialogue dialogue({});
  const Parameters a = dialogue.pull(first_worker, 0);
  dialogue.pull(second_worker, 1);
  dialogue.push(first_worker, push_of(a, 1.0F));
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator, Stop{});
  CHECK(dialogue.stage.alarms.back().first == 10.0);
  dialogue.aggregator.woken(dialogue.stage, dialogue.stage.alarms.back().second);
  const auto final = dialogue.stage.heard_by<Final>(Plan::coordinator);
  CHECK(final.discarded.at(0).reason == "unfinished round");
  CHECK(final.discarded.at(0).rows == 4);
}

TEST_CASE("aggregator: a push that claims other partitions than it covers is refused") {
  Dialogue dialogue({});
  Push push = push_of(dialogue.pull(first_worker, 0), 1.0F);
  push.contributions[0].index = 1;
  dialogue.push(first_worker, std::move(push));
  CHECK(dialogue.stage.silent());
}

TEST_CASE("aggregator: a push that counts one turn twice is refused") {
  Dialogue dialogue({.gate = open_gate()});
  const Parameters once = dialogue.pull(first_worker, 0);
  Parameters twice = once;
  twice.turns.push_back(once.turns[0]);
  dialogue.push(first_worker, push_of(twice, 1.0F));
  CHECK(dialogue.stage.silent());
  dialogue.push(first_worker, push_of(once, 1.0F));
  CHECK(dialogue.stage.heard_by<Parameters>(first_worker).version == 2);
}

TEST_CASE("aggregator: a sparse pull answers with what was asked, bit for bit the model") {
  Dialogue dialogue({.gate = open_gate()});
  Push push = push_of(dialogue.pull(first_worker, 0), 4.0F);
  push.wishes = {{.partition = 0, .step = 1, .features = {7, 0, 7}}};
  dialogue.push(first_worker, std::move(push));
  const auto answer = dialogue.stage.heard_by<Parameters>(first_worker);
  const auto& values = std::get<AlignedValues>(answer.payload).values;
  REQUIRE(values.size() == 3);
  CHECK(values[1] == doctest::Approx(-0.1));

  // The gradient at those needs no indices, and a short turn uses the first of them.
  Push next{.based_on = 2, .computed = 8, .turns = answer.turns};
  next.contributions = {{.partitions = 1, .rows = 4, .payload = AlignedValues{{8.0F, 4.0F}}}};
  next.wishes = {{.partition = 0, .step = 2, .features = {0, 7}}};
  dialogue.push(first_worker, std::move(next));
  const auto after = dialogue.stage.heard_by<Parameters>(first_worker);
  CHECK(std::get<AlignedValues>(after.payload).values[0] == doctest::Approx(-0.2));
  CHECK(std::get<AlignedValues>(after.payload).values[1] == doctest::Approx(-0.2));
}

TEST_CASE("aggregator: a stranger's gradient does not spoil the list of whom it is due from") {
  Dialogue dialogue({.gate = open_gate()});
  dialogue.pull(second_worker, 1);
  Push push = push_of(dialogue.pull(first_worker, 0), 4.0F);
  push.wishes = {{.partition = 0, .step = 1, .features = {7}}};
  dialogue.push(first_worker, std::move(push));
  const auto answer = dialogue.stage.heard_by<Parameters>(first_worker);
  Push next{.based_on = 2, .computed = 8, .turns = answer.turns};
  next.contributions = {{.partitions = 1, .rows = 4, .payload = AlignedValues{{8.0F}}}};
  dialogue.push(second_worker, next);
  CHECK(dialogue.stage.silent());
  dialogue.push(first_worker, next);
  CHECK(dialogue.stage.heard_by<Parameters>(first_worker).version == 3);
}

TEST_CASE("aggregator: a turn without a wish gets the whole model, and a mad wish is none") {
  Dialogue dialogue({.gate = open_gate()});
  dialogue.push(first_worker, push_of(dialogue.pull(first_worker, 0), 4.0F));
  const auto none = dialogue.stage.heard_by<Parameters>(first_worker);
  CHECK(std::holds_alternative<DenseValues>(none.payload));
  Push push = push_of(none, 4.0F);
  push.wishes = {{.partition = 0, .step = 2, .features = {12}}};
  dialogue.push(first_worker, std::move(push));
  CHECK(std::holds_alternative<DenseValues>(
      dialogue.stage.heard_by<Parameters>(first_worker).payload));
}

TEST_CASE("aggregator: a part about no partition, or merged where nothing is, is refused") {
  for (const auto& [level, index] : {std::pair{0U, 7U}, {1U, 0U}, {40U, 0U}}) {
    CAPTURE(level);
    Dialogue dialogue({.gate = open_gate()});
    Push push = push_of(dialogue.pull(first_worker, 0), 1.0F);
    push.contributions.push_back({.level = level, .index = index, .rows = 0});
    dialogue.push(first_worker, std::move(push));
    CHECK(dialogue.stage.silent());
  }
}

TEST_CASE("aggregator: more gradient than was wished for is refused, and no end") {
  Dialogue dialogue({.gate = open_gate()});
  dialogue.pull(second_worker, 1);
  Push push = push_of(dialogue.pull(first_worker, 0), 4.0F);
  push.wishes = {{.partition = 0, .step = 1, .features = {7}}};
  dialogue.push(first_worker, std::move(push));
  const auto answer = dialogue.stage.heard_by<Parameters>(first_worker);
  Push next{.based_on = 2, .computed = 8, .turns = answer.turns};
  next.contributions = {{.partitions = 1, .rows = 4, .payload = AlignedValues{{8.0F, 4.0F}}}};
  dialogue.push(first_worker, std::move(next));
  CHECK_FALSE(dialogue.stage.heard_by<Refused>(Plan::coordinator).diverged);
}

TEST_CASE("aggregator: working ahead, a partition has several turns under way, in order") {
  Dialogue dialogue({.gate = open_gate(), .ahead = 3});
  const Parameters parameters = dialogue.pull(first_worker, 0);
  REQUIRE(parameters.turns.size() == 3);
  CHECK(parameters.turns[2].step == 2);
  Parameters one = parameters;
  one.turns = {parameters.turns[0]};
  dialogue.push(first_worker, push_of(one, 1.0F));
  CHECK(dialogue.stage.heard_by<Parameters>(first_worker).turns ==
        std::vector<Turn>{{.partition = 0, .step = 3, .rows = 4}});
  one.turns = {parameters.turns[2]};  // out of order: refused as late
  dialogue.push(first_worker, push_of(one, 1.0F));
  CHECK(dialogue.stage.silent());
  // Whoever holds it next gets all that is due again.
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator,
                              WorkersLost{.workers = {first_worker}});
  const Parameters again = dialogue.pull(second_worker, 0);
  REQUIRE(again.turns.size() == 3);
  CHECK(again.turns[0].step == 1);
}

TEST_CASE("aggregator: a snapshot is shared until it is old, and sent to nobody twice") {
  Dialogue dialogue({.gate = open_gate(), .pull = PullKind::snapshot, .snapshot_every = 2});
  const Parameters a = dialogue.pull(first_worker, 0);
  CHECK(dialogue.pull(second_worker, 1).version == 1);
  dialogue.push(first_worker, push_of(a, 4.0F));
  const auto same = dialogue.stage.heard_by<Parameters>(first_worker);
  CHECK(same.version == 1);  // so that the next push's staleness is 1
  CHECK(std::holds_alternative<std::monostate>(same.payload));
  dialogue.push(first_worker, push_of(same, 4.0F));
  const auto next = dialogue.stage.heard_by<Parameters>(first_worker);
  CHECK(next.version == 3);
  CHECK(std::get<DenseValues>(next.payload).values.values()[0] == doctest::Approx(-0.2));
}

TEST_CASE("aggregator: a changed-only reply names what moved since the worker's version") {
  Dialogue dialogue({.gate = open_gate(), .pull = PullKind::changed});
  const Parameters a = dialogue.pull(first_worker, 0);
  const Parameters b = dialogue.pull(second_worker, 1);
  dialogue.push(first_worker, push_of(a, 4.0F));
  CHECK(
      std::get<ChangedValues>(dialogue.stage.heard_by<Parameters>(first_worker).payload).indices ==
      std::vector<std::uint32_t>{0});
  dialogue.push(second_worker, push_of(b, 4.0F));
  CHECK(
      std::get<ChangedValues>(dialogue.stage.heard_by<Parameters>(second_worker).payload).indices ==
      std::vector<std::uint32_t>{0, 1});
}

TEST_CASE("aggregator: round robin applies in order, and answers when the turn has come") {
  Dialogue dialogue({.epochs = 1, .gate = round_robin_gate(), .pull = PullKind::dense});
  const Parameters a = dialogue.pull(first_worker, 0);
  const Parameters b = dialogue.pull(second_worker, 1);
  dialogue.push(second_worker, push_of(b, 8.0F));
  CHECK(dialogue.stage.silent());
  dialogue.push(first_worker, push_of(a, 4.0F));
  const auto to_first = dialogue.stage.heard_by<Parameters>(first_worker);
  const auto to_second = dialogue.stage.heard_by<Parameters>(second_worker);
  CHECK(to_first.version == 3);
  CHECK(to_second.version == 3);
  CHECK(dialogue.stage.silent());
}

TEST_CASE("aggregator: who asks when others have all that was left is not waited for") {
  const auto plan = toy_plan({.gate = round_robin_gate(), .pull = PullKind::dense});
  plan->stop = StopRule();
  plan->stop.steps = 1;
  HandStage stage{2};
  Aggregator aggregator(plan);
  aggregator.receive(stage, second_worker, Pull{.partitions = {1}});
  const auto last = stage.heard_by<Parameters>(second_worker);
  aggregator.receive(stage, first_worker, Pull{.partitions = {0}});
  CHECK(stage.heard_by<Parameters>(first_worker).turns.empty());
  aggregator.receive(stage, second_worker, written(*plan, push_of(last, 8.0F)));
  CHECK(stage.heard_by<Final>(Plan::coordinator).progress.updates == 1);
}

TEST_CASE("aggregator: who takes over a step that its gate holds is not given the next one") {
  Dialogue dialogue({.gate = round_robin_gate(), .pull = PullKind::dense});
  const Parameters a = dialogue.pull(first_worker, 0);
  const Parameters b = dialogue.pull(second_worker, 1);
  dialogue.push(second_worker, push_of(b, 8.0F));
  CHECK(dialogue.pull(first_worker, 1).turns.empty());
  dialogue.push(first_worker, push_of(a, 4.0F));
  CHECK(dialogue.stage.heard_by<Parameters>(first_worker).turns.size() == 2);
  CHECK(dialogue.stage.silent());
}

TEST_CASE(
    "aggregator: what is late for a quorum is discarded and counted, and its rows drawn anew") {
  Dialogue dialogue({.epochs = 1, .gate = quorum_gate(), .pull = PullKind::dense});
  const Parameters a = dialogue.pull(first_worker, 0);
  const Parameters b = dialogue.pull(second_worker, 1);
  dialogue.push(first_worker, push_of(a, 4.0F));
  CHECK(dialogue.stage.heard_by<Parameters>(first_worker).version ==
        2);  // the other one is the backup
  dialogue.push(second_worker, push_of(b, 8.0F));
  const auto again = dialogue.stage.heard_by<Parameters>(second_worker);
  CHECK(again.version == 2);
  CHECK(again.turns == std::vector<Turn>{{.partition = 1, .step = 1, .rows = 4}});
  dialogue.aggregator.receive(dialogue.stage, Plan::coordinator, Stop{.at_once = true});
  const auto final = dialogue.stage.heard_by<Final>(Plan::coordinator);
  REQUIRE(final.discarded.size() == 1);
  CHECK(final.discarded[0].reason == "late");
  CHECK(final.discarded[0].rows == 4);
  CHECK(final.progress.delivered == 4);
}

TEST_CASE("aggregator: an update that makes up for delay is told what each worker pulled") {
  const auto plan = toy_plan({.gate = open_gate(), .pull = PullKind::dense});
  plan->remembers = true;
  plan->plain = false;
  plan->entrywise = plan->unsummed = false;
  struct Spy : Update {
    std::vector<std::vector<float>>* heard;
    void about(const Provenance& from) override {
      heard->emplace_back(from.pulled.begin(), from.pulled.end());
    }
    void apply(std::span<float> w, const Accumulator&, float, float) override { w[0] += 1; }
    bool dense() const override { return true; }
  };
  std::vector<std::vector<float>> heard;
  plan->update = [&heard] {
    auto spy = std::make_unique<Spy>();
    spy->heard = &heard;
    return spy;
  };
  HandStage stage{2};
  Aggregator aggregator(plan);
  aggregator.receive(stage, first_worker, Pull{.partitions = {0}});
  aggregator.receive(stage, second_worker, Pull{.partitions = {1}});
  const auto a = stage.heard_by<Parameters>(first_worker);
  const auto b = stage.heard_by<Parameters>(second_worker);
  aggregator.receive(stage, first_worker, push_of(a, 1.0F));
  aggregator.receive(stage, second_worker, push_of(b, 1.0F));
  aggregator.receive(stage, first_worker, push_of(stage.heard_by<Parameters>(first_worker), 1.0F));
  REQUIRE(heard.size() == 3);
  CHECK(heard[0][0] == 0);
  CHECK(heard[1][0] == 0);  // pulled before the first_worker update
  CHECK(heard[2][0] == 1);  // after the first_worker, before the second_worker
}

TEST_CASE("aggregator: a model travels back only where a pull is due") {
  Dialogue dialogue({.workers = 1,
                     .partitions = 1,
                     .exchange = delta_exchange(),
                     .gate = open_gate(),
                     .pull_turns = 2});
  Parameters answer = dialogue.pull(first_worker, 0);
  for (std::uint64_t step = 1; step < 5; ++step) {
    Push push{.based_on = answer.version, .turns = answer.turns};
    push.contributions.push_back({.index = 0,
                                  .partitions = 1,
                                  .rows = 4,
                                  .payload = DenseValues{Block::zeros(12).freeze()}});
    dialogue.push(first_worker, std::move(push));
    answer = dialogue.stage.heard_by<Parameters>(first_worker);
    CHECK(answer.turns.at(0).step == step);
    CHECK(std::holds_alternative<DenseValues>(answer.payload) == (step % 2 == 0));
  }
}

TEST_CASE("aggregator: parts of places that there are not are neither kept nor counted in") {
  for (const auto& [level, index] : {std::pair{0U, 2U}, {1U, 7U}, {32U, 0U}, {31U, ~0U}}) {
    Dialogue dialogue({.gate = open_gate(), .codec = changed_codec()});
    Push push = push_of(dialogue.pull(first_worker, 0), 1);
    push.contributions[0].level = level;
    push.contributions[0].index = index;
    push.contributions[0].payload = ChangedValues{true, {0}, {1}};
    dialogue.push(first_worker, push);
    CHECK(dialogue.stage.silent());
  }
}
