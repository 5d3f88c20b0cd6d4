#include "actors/coordinator.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "tests/actors/stage.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

struct Office {
  explicit Office(const Toy& toy = {}) : plan(toy_plan(toy)), coordinator(plan) {
    coordinator.start(stage);
    stage.said.clear();
  }
  template <class Sentence>
  void hears(ActorId from, Sentence sentence) {
    coordinator.receive(stage, from, std::move(sentence));
  }
  const EndReport& end() const { return std::get<EndReport>(stage.reports.back()); }
  std::string event(std::size_t i) const {
    const auto& event = std::get<EventReport>(stage.reports.at(i));
    return event.what + "|" + event.who + "|" + event.detail;
  }

  std::shared_ptr<Plan> plan;
  HandStage stage{Plan::coordinator};
  Coordinator coordinator;
};

Final final_of(std::uint64_t delivered) {
  Final final{.model = Block::zeros(12).freeze()};
  final.progress.delivered = delivered;
  return final;
}

}  // namespace

TEST_CASE("coordinator: leases all partitions, in blocks") {
  const auto plan = toy_plan({.workers = 2, .partitions = 5});
  Coordinator coordinator(plan);
  HandStage stage(Plan::coordinator);
  coordinator.start(stage);
  CHECK(stage.heard_by<Lease>(first_worker).partitions == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(stage.heard_by<Lease>(second_worker).partitions == std::vector<std::uint32_t>{3, 4});
  CHECK(stage.silent());
}

TEST_CASE("coordinator: the end waits for the last scores and for every worker") {
  Office dialogue;
  dialogue.hears(aggregator_id, final_of(10));
  CHECK(dialogue.stage.heard_by<Evaluate>(Plan::evaluator).last);
  dialogue.stage.heard_by<Finish>(first_worker);
  dialogue.stage.heard_by<Finish>(second_worker);
  dialogue.hears(first_worker, Finished{.computed = 6});
  dialogue.hears(Plan::evaluator, Evaluated{.last = true});
  CHECK_FALSE(dialogue.stage.over);
  dialogue.hears(second_worker, Finished{.computed = 4});
  CHECK(dialogue.stage.over);
  CHECK(dialogue.end().status == "done");
  CHECK(dialogue.end().computed == 10);
  CHECK(dialogue.end().discarded.empty());
}

TEST_CASE("coordinator: a worker that is lost is named and its partitions go to others") {
  Office dialogue;
  dialogue.hears(Plan::coordinator,
                 WorkersLost{.workers = {second_worker}, .detail = "node 1 was killed"});
  CHECK(dialogue.stage.heard_by<WorkersLost>(aggregator_id).workers ==
        std::vector<ActorId>{second_worker});
  CHECK(dialogue.stage.heard_by<Lease>(first_worker).partitions == std::vector<std::uint32_t>{1});
  CHECK(dialogue.event(0) == "worker_lost|worker 1|node 1 was killed");
  CHECK(dialogue.event(1) == "leased|worker 0|takes over partitions 1 of worker 1");
  CHECK(dialogue.stage.silent());
}

TEST_CASE("coordinator: workers lost together are not leased each other's partitions") {
  Office dialogue({.workers = 3, .partitions = 3});
  dialogue.hears(Plan::coordinator,
                 WorkersLost{.workers = {first_worker, second_worker}, .detail = "killed"});
  dialogue.stage.heard_by<WorkersLost>(aggregator_id);
  for (const std::uint32_t p : {0U, 1U})
    CHECK(dialogue.stage.heard_by<Lease>(5).partitions == std::vector<std::uint32_t>{p});
  CHECK(dialogue.stage.silent());
}

TEST_CASE("coordinator: a worker that would like to go finishes first, and is no loss") {
  Office dialogue;
  dialogue.hears(Plan::coordinator, WorkersLeaving{.workers = {second_worker}, .detail = "node 1"});
  dialogue.stage.heard_by<Finish>(second_worker);
  CHECK(dialogue.stage.silent());  // until it has said what it did
  dialogue.hears(second_worker, Finished{.computed = 7});
  CHECK(dialogue.stage.heard_by<WorkersLost>(aggregator_id).workers ==
        std::vector<ActorId>{second_worker});
  CHECK(dialogue.stage.heard_by<Lease>(first_worker).partitions == std::vector<std::uint32_t>{1});
  CHECK(dialogue.event(0) == "node_left|worker 1|node 1");
  dialogue.hears(Plan::coordinator, WorkersLost{.workers = {second_worker}, .detail = "gone"});
  CHECK(dialogue.stage.silent());
}

TEST_CASE("coordinator: a new worker in a lost one's place takes partitions off who has most") {
  Office dialogue({.workers = 2, .partitions = 5});
  dialogue.hears(Plan::coordinator, WorkersLost{.workers = {second_worker}});
  dialogue.stage.said.clear();
  dialogue.hears(Plan::coordinator, WorkersJoined{.workers = {second_worker}, .detail = "node 2"});
  const auto joined = dialogue.stage.heard_by<WorkersJoined>(aggregator_id);
  CHECK(dialogue.stage.silent());  // until the holder of the model knows of it
  dialogue.hears(aggregator_id, joined);
  const auto kept = dialogue.stage.heard_by<Lease>(first_worker);
  CHECK(kept.no_others);
  CHECK(kept.partitions == std::vector<std::uint32_t>{0, 1, 2});
  const auto taken = dialogue.stage.heard_by<Lease>(second_worker);
  CHECK_FALSE(taken.no_others);
  CHECK(taken.partitions == std::vector<std::uint32_t>{4, 3});
  CHECK(taken.number > 3);  // of the three that were given before
  CHECK(dialogue.stage.silent());
}

TEST_CASE("coordinator: what was computed under a lost worker's name is counted once more") {
  for (const bool listened : {true, false}) {
    Office dialogue;
    dialogue.hears(Plan::coordinator, WorkersLost{.workers = {second_worker}});
    dialogue.hears(Plan::coordinator, WorkersJoined{.workers = {second_worker}});
    if (listened) dialogue.hears(aggregator_id, WorkersJoined{.workers = {second_worker}});
    Final final = final_of(listened ? 10 : 8);
    final.computed = {{.worker = first_worker, .rows = 3},
                      {.worker = second_worker, .rows = 1, .earlier = 4}};
    dialogue.hears(aggregator_id, final);
    dialogue.hears(first_worker, Finished{.computed = 3});
    dialogue.hears(second_worker, Finished{.computed = 3});
    dialogue.hears(Plan::evaluator, Evaluated{.last = true});
    // One who came too late: what the holder counted is all an earlier life's.
    CHECK(dialogue.end().computed == (listened ? 10 : 8));
  }
}

TEST_CASE("coordinator: when the holder of the model is lost the run ends, and draws add up") {
  Office dialogue;
  dialogue.hears(aggregator_id, Progress{.updates = 2, .delivered = 8});
  dialogue.hears(Plan::coordinator, WorkersLost{.workers = {aggregator_id, second_worker},
                                                .detail = "node 1 was killed"});
  dialogue.stage.heard_by<Finish>(first_worker);
  dialogue.hears(first_worker, Finished{.computed = 12});
  CHECK(dialogue.stage.over);
  CHECK(dialogue.end().status == "failed");
  CHECK(dialogue.end().exit_code == 4);
  CHECK(dialogue.end().reason.starts_with("the model is gone: node 1 was killed"));
  CHECK(dialogue.end().delivered == 8);
  CHECK(dialogue.end().discarded.at(0).rows == 4);
}

TEST_CASE("coordinator: who is there already cannot join") {
  Office dialogue;
  dialogue.hears(Plan::coordinator, WorkersJoined{.workers = {second_worker}});
  CHECK(dialogue.stage.silent());
}

TEST_CASE("coordinator: losing a worker twice is losing it once") {
  Office dialogue;
  dialogue.hears(Plan::coordinator, WorkersLost{.workers = {second_worker}, .detail = "killed"});
  dialogue.stage.said.clear();
  dialogue.hears(Plan::coordinator, WorkersLost{.workers = {second_worker}, .detail = "no beat"});
  CHECK(dialogue.stage.silent());
}

TEST_CASE("coordinator: without workers the run ends with a line, exit 4") {
  Office dialogue({.workers = 1, .partitions = 1});
  dialogue.hears(Plan::coordinator, WorkersLost{.workers = {first_worker}, .detail = "killed"});
  dialogue.stage.heard_by<WorkersLost>(aggregator_id);
  CHECK(dialogue.stage.heard_by<Stop>(aggregator_id).at_once);
  dialogue.hears(aggregator_id, final_of(0));
  CHECK(dialogue.end().exit_code == 4);
  CHECK(dialogue.end().reason == "no worker is left: worker 0 was the last");
}

TEST_CASE("coordinator: a stop request finishes the steps under way and keeps its exit code") {
  Office dialogue;
  dialogue.hears(Plan::coordinator, StopRequested{.reason = "SIGINT", .exit_code = 130});
  CHECK_FALSE(dialogue.stage.heard_by<Stop>(aggregator_id).at_once);
  dialogue.hears(aggregator_id, final_of(3));
  dialogue.hears(Plan::evaluator, Evaluated{.last = true});
  dialogue.hears(first_worker, Finished{.computed = 3});
  dialogue.hears(second_worker, Finished{});
  CHECK(dialogue.end().status == "stopped");
  CHECK(dialogue.end().exit_code == 130);
  CHECK(dialogue.end().model.size() == 12);
}

TEST_CASE("coordinator: a loss that is not finite is divergence, with no model kept") {
  Office dialogue;
  dialogue.hears(Plan::evaluator,
                 Evaluated{.epoch = 1,
                           .scores = {{.split = "validation",
                                       .loss = std::numeric_limits<double>::quiet_NaN()}}});
  CHECK(dialogue.stage.heard_by<Stop>(aggregator_id).at_once);
  dialogue.hears(aggregator_id, final_of(3));
  dialogue.hears(first_worker, Finished{.computed = 5});
  dialogue.hears(second_worker, Finished{});
  CHECK(dialogue.end().status == "diverged");
  CHECK(dialogue.end().exit_code == 1);
  CHECK(dialogue.end().model.size() == 0);
  CHECK(dialogue.end().discarded.at(0).reason == "cut short");
  CHECK(dialogue.end().discarded.at(0).rows == 2);
}

TEST_CASE("coordinator: the third refusal in a row excludes the worker and moves its partitions") {
  Office dialogue;
  dialogue.hears(aggregator_id, Refused{.worker = second_worker, .update = 7, .excluded = true});
  dialogue.stage.heard_by<Finish>(second_worker);
  dialogue.stage.heard_by<WorkersLost>(aggregator_id);
  CHECK(dialogue.stage.heard_by<Lease>(first_worker).partitions == std::vector<std::uint32_t>{1});
}

TEST_CASE("coordinator: a worker that never answers is named, and the run ends") {
  Office dialogue;
  dialogue.hears(aggregator_id, final_of(3));
  dialogue.hears(Plan::evaluator, Evaluated{.last = true});
  dialogue.hears(first_worker, Finished{.computed = 3});
  dialogue.coordinator.woken(dialogue.stage, dialogue.stage.alarms.back().second);
  CHECK(dialogue.stage.over);
  CHECK(dialogue.event(1) == "no_answer|worker 1|did not say what it computed");
}

TEST_CASE("coordinator: scores that take long are waited for") {
  Office dialogue;
  dialogue.hears(aggregator_id, final_of(3));
  for (const ActorId worker : {first_worker, second_worker}) dialogue.hears(worker, Finished{});
  dialogue.coordinator.woken(dialogue.stage, dialogue.stage.alarms.back().second);
  CHECK_FALSE(dialogue.stage.over);
  dialogue.hears(Plan::evaluator,
                 Evaluated{.last = true, .scores = {{.split = "test", .loss = 1}}});
  CHECK(dialogue.stage.over);
  CHECK(dialogue.end().scores.size() == 1);
}

TEST_CASE("coordinator: one model's scores are told once") {
  Office dialogue;
  const Evaluated scored{.epoch = 1, .updates = 20, .scores = {{.split = "validation", .loss = 1}}};
  dialogue.hears(Plan::evaluator, scored);
  dialogue.hears(Plan::evaluator, scored);
  CHECK(dialogue.stage.reports.size() == 1);
}

TEST_CASE("coordinator: a stopped run that turns out diverged keeps its exit code and no model") {
  Office dialogue;
  dialogue.hears(Plan::coordinator, StopRequested{.reason = "SIGINT", .exit_code = 130});
  dialogue.hears(aggregator_id, Refused{.worker = first_worker, .diverged = true});
  dialogue.hears(aggregator_id, final_of(3));
  for (const ActorId worker : {first_worker, second_worker}) dialogue.hears(worker, Finished{});
  dialogue.hears(Plan::evaluator, Evaluated{.last = true});
  CHECK(dialogue.end().exit_code == 130);
  CHECK(dialogue.end().model.size() == 0);
}

TEST_CASE("coordinator: what a worker cannot do ends the run with its line and exit code") {
  Office dialogue;
  dialogue.hears(first_worker, Failed{.exit_code = 3, .line = "d.h5: segment 3: wrong checksum"});
  CHECK(dialogue.stage.heard_by<Stop>(aggregator_id).at_once);
  dialogue.hears(aggregator_id, final_of(0));
  dialogue.hears(first_worker, Finished{});
  dialogue.hears(second_worker, Finished{});
  CHECK(dialogue.end().exit_code == 3);
  CHECK(dialogue.end().reason == "d.h5: segment 3: wrong checksum");
}

TEST_CASE("coordinator: a stop waits its time once, for the model and its makers together") {
  Office dialogue;
  dialogue.plan->stop_seconds = 10;
  dialogue.hears(Plan::coordinator, StopRequested{"SIGINT", 130});
  dialogue.stage.time = 8;
  dialogue.hears(aggregator_id, final_of(10));
  CHECK(dialogue.stage.alarms.back().first == 10);
  Office late;
  late.hears(Plan::coordinator, StopRequested{"SIGINT", 130});
  late.stage.time = 10;
  late.hears(aggregator_id, final_of(10));
  CHECK(late.stage.alarms.back().first == 11);
}
