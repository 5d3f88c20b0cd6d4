#include "runtime/twin/twin.hpp"

#include <doctest/doctest.h>

#include "tests/runtime/performing.hpp"

using namespace troupe;
using troupe::testing::crc_of;
using troupe::testing::discarded_rows;
using troupe::testing::Performed;
using troupe::testing::performed;

TEST_CASE("twin: a run delivers every draw of its epochs, once") {
  for (const GateKind& gate : {barrier_gate(), open_gate(), bounded_gate(), round_robin_gate()}) {
    CAPTURE(gate.kind.name);
    const EndReport end = performed(toy_plan({.epochs = 3, .gate = gate}), "1+exp(0.5)").end;
    CHECK(end.status == "done");
    CHECK(end.reason == "epochs");
    CHECK(end.delivered == 480);
    CHECK(end.computed == end.delivered + discarded_rows(end));
    CHECK(end.discarded.empty());
  }
}

TEST_CASE("twin: training separates what can be separated") {
  for (const ExchangeKind& exchange : {gradient_exchange(), state_exchange(), delta_exchange()}) {
    const Performed outcome = performed(toy_plan({.epochs = 20, .exchange = exchange}));
    REQUIRE(outcome.end.scores.size() == 1);
    CHECK(outcome.end.scores[0].accuracy >= 0.9);
  }
}

TEST_CASE("twin: behind every gate a model learns, however its gradients are written") {
  for (const GateKind& gate :
       {barrier_gate(), open_gate(), bounded_gate(), round_robin_gate(), quorum_gate()})
    for (const CodecKind& codec : {sparse_codec(), dense_codec(), changed_codec()}) {
      CAPTURE(gate.kind.name);
      CAPTURE(codec.kind.name);
      const Performed outcome = performed(
          toy_plan({.workers = 4, .partitions = 4, .epochs = 20, .gate = gate, .codec = codec}));
      CHECK(outcome.end.scores.at(0).accuracy >= 0.9);
    }
}

TEST_CASE("twin: behind a barrier the model does not depend on how many workers share it") {
  for (const ExchangeKind& exchange : {gradient_exchange(), state_exchange(), delta_exchange()}) {
    const Toy toy{.workers = 1, .partitions = 8, .epochs = 3, .exchange = exchange};
    const std::uint32_t alone = crc_of(toy);
    for (const std::uint32_t workers : {2U, 3U, 5U, 8U}) {
      Toy shared = toy;
      shared.workers = workers;
      CHECK(crc_of(shared, "1+exp(0.5)") == alone);
    }
  }
}

TEST_CASE("twin: windows and a global shuffle do not depend on how many workers share them") {
  for (const ExchangeKind& exchange : {gradient_exchange(), state_exchange()})
    for (const SamplerKind& sampler :
         {SamplerKind{Shuffle::local, false}, SamplerKind{Shuffle::local, true},
          SamplerKind{Shuffle::global, false}, SamplerKind{Shuffle::global, true}}) {
      const bool global = sampler.shuffle == Shuffle::global;
      const Toy toy{.workers = 1,
                    .partitions = 5,
                    .batch = 7,
                    .local_steps = 50,
                    .epochs = 3,
                    .rows = 1000,
                    .exchange = exchange,
                    .sampler = sampler,
                    .cut = global ? 0U : 8U};
      const std::uint32_t alone = crc_of(toy);
      for (const std::uint32_t workers : {2U, 5U}) {
        Toy shared = toy;
        shared.workers = workers;
        CHECK(crc_of(shared, "1+exp(0.5)") == alone);
      }
      Toy whole = toy;
      whole.cut = 0;
      whole.sampler.shuffle = Shuffle::local;
      CHECK(crc_of(whole) != alone);
    }
}

TEST_CASE("twin: rows in the file's order are the same with a bound and without, to the bit") {
  for (const ExchangeKind& exchange : {gradient_exchange(), state_exchange()})
    for (const GateKind& gate : {barrier_gate(), open_gate()})
      for (const std::uint64_t steps : {1U, 6U, 200U}) {
        Toy toy{.partitions = 3,
                .batch = 7,
                .local_steps = steps,
                .rows = 1000,
                .exchange = exchange,
                .gate = gate,
                .sampler = {Shuffle::none, false},
                .cut = 8};
        const Performed bounded = performed(toy_plan(toy));
        toy.cut = 0;
        const Performed whole = performed(toy_plan(toy));
        CHECK(crc32c(std::as_bytes(bounded.end.model.values())) ==
              crc32c(std::as_bytes(whole.end.model.values())));
        CHECK(bounded.end.delivered == 1600);
        REQUIRE(bounded.evals.size() == whole.evals.size());
        CHECK(bounded.evals[0].score.loss == doctest::Approx(whole.evals[0].score.loss));
        CHECK(bounded.evals[0].score.rows == 200);
      }
}

TEST_CASE("twin: bytes moved are counted by a global shuffle, and none without") {
  const auto moved = [](Shuffle shuffle, std::uint32_t workers) {
    return performed(toy_plan({.workers = workers, .partitions = 4, .sampler = {shuffle, false}}))
        .end.bytes_moved;
  };
  CHECK(moved(Shuffle::local, 2) == 0);
  // 160 rows of 4 entries each, about: three of four change hands in each of two epochs.
  CHECK(moved(Shuffle::global, 2) > 160 * 2 * 36 / 2);
  CHECK(moved(Shuffle::global, 2) < 160 * 2 * 36);
  CHECK(moved(Shuffle::global, 2) == moved(Shuffle::global, 4));
}

TEST_CASE("twin: lossless codecs and all pulls give the same model") {
  const Toy toy{.partitions = 4, .epochs = 3};
  const std::uint32_t expected = crc_of(toy);
  for (const CodecKind& codec : {dense_codec(), sparse_codec(), changed_codec()})
    for (const PullKind pull : {PullKind::dense, PullKind::sparse, PullKind::changed}) {
      Toy other = toy;
      other.codec = codec;
      other.pull = pull;
      CHECK(crc_of(other) == expected);
    }
}

TEST_CASE("twin: whether the model comes back or the sum of gradients, the bits are the same") {
  Toy toy{.partitions = 4, .epochs = 3, .merge = sum_merge()};
  const std::uint32_t expected = crc_of(toy);
  toy.reply = ReplyKind::gradient;
  toy.pull = PullKind::dense;
  for (const CodecKind& codec : {dense_codec(), sparse_codec(), changed_codec()}) {
    toy.reply_codec = codec;
    toy.codec = codec;
    CHECK(crc_of(toy, "1+exp(0.5)") == expected);
  }
}

TEST_CASE("twin: workers that do not wait deliver or overwrite every draw, train, and end") {
  for (const ReplyKind reply : {ReplyKind::gradient, ReplyKind::model})
    for (const GateKind& gate : {barrier_gate(), open_gate()}) {
      if (!gate.rounds && reply == ReplyKind::gradient) continue;
      const auto plan = toy_plan({.workers = 4,
                                  .partitions = 4,
                                  .epochs = 20,
                                  .gate = gate,
                                  .pull = PullKind::changed,
                                  .ahead = 4,
                                  .merge = newest_merge(),
                                  .waits = false,
                                  .reply = reply});
      const EndReport end = performed(plan, "1+exp(0.5)").end;
      CHECK(end.status == "done");
      CHECK(end.delivered == 3200);
      CHECK(end.computed == end.delivered + discarded_rows(end));
      CHECK(end.scores.at(0).accuracy >= 0.9);
    }
}

TEST_CASE("twin: who does not wait goes on computing beside a straggler, and the run still ends") {
  const auto rows_a_second = [](bool waits) {
    const auto plan = toy_plan({.workers = 4,
                                .partitions = 4,
                                .epochs = 10,
                                .pull = PullKind::dense,
                                .ahead = waits ? 1U : 64U,
                                .merge = newest_merge(),
                                .waits = waits});
    Pace pace;
    pace.real = false;
    pace.step = Distribution::parse("1");
    pace.delay = Distribution::parse("0.001");
    pace.factors = {1, 1, 1, 10};
    EndReport end;
    run_twin({.plan = plan, .pace = pace, .report = [&](const Report& report) {
                if (const auto* last = std::get_if<EndReport>(&report)) end = *last;
              }});
    CHECK(end.status == "done");
    CHECK(end.delivered == 1600);
    return static_cast<double>(end.computed) / end.t;
  };
  CHECK(rows_a_second(false) > 1.5 * rows_a_second(true));
}

TEST_CASE("twin: the round trip for advice costs its time, and nothing else is different") {
  Toy toy{.workers = 1, .partitions = 1, .gate = open_gate(), .pull = PullKind::dense};
  const EndReport plain = performed(toy_plan(toy)).end;
  toy.update = loss_compensated_update();
  toy.updates.set("training.loss_compensated.form", std::string("literal"));
  toy.updates.set("training.loss_compensated.lambda", 0.5);
  toy.updates.set("training.loss_compensated.limit", 4.0);
  toy.updates.set("training.loss_compensated.lookback", 50.0);
  const EndReport advised = performed(toy_plan(toy)).end;
  CHECK(advised.updates == plain.updates);
  // Two messages more a step, 0.01 s each.
  CHECK(advised.t - plain.t == doctest::Approx(0.02 * static_cast<double>(plain.updates)));
  CHECK(advised.computed == advised.delivered);
}

TEST_CASE("twin: one seed, one run; an open gate's model depends on who came when") {
  const Toy toy{.workers = 4, .partitions = 4, .epochs = 3, .gate = open_gate()};
  CHECK(crc_of(toy, "1+exp(0.5)") == crc_of(toy, "1+exp(0.5)"));
  CHECK(crc_of(toy, "1+exp(0.5)") != crc_of(toy, "1+exp(2)"));
}

TEST_CASE("twin: a step is late ten seconds after it began, unless the worker's own take as long") {
  Pace pace;
  pace.real = false;
  pace.step = Distribution::parse("25");
  pace.delay = Distribution::parse("0.01");
  std::vector<EventReport> events;
  run_twin(
      {.plan = toy_plan({.gate = open_gate()}), .pace = pace, .report = [&](const Report& report) {
         const auto* event = std::get_if<EventReport>(&report);
         if (event != nullptr && event->what != "messages") events.push_back(*event);
       }});
  REQUIRE(events.size() == 4);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(events[i].what == "straggling");
    CHECK(events[i].detail.starts_with("at one step for 10 s, its first"));
    CHECK(events[i].t == doctest::Approx(0.02 + 10 + 0.01));  // leased, pulled, said
    CHECK(events[i + 2].what == "caught_up");
    CHECK(events[i + 2].t == doctest::Approx(0.03 + 25 + 0.02));
  }
}

TEST_CASE("twin: a straggler slows a barrier down and an open gate hardly") {
  const auto seconds = [](const GateKind& gate) {
    const auto plan = toy_plan({.workers = 4, .partitions = 4, .gate = gate});
    Pace pace;
    pace.real = false;
    pace.step = Distribution::parse("1");
    pace.delay = Distribution::parse("0.001");
    pace.factors = {1, 1, 1, 10};
    double t = 0;
    run_twin({.plan = plan, .pace = pace, .report = [&](const Report& report) {
                if (const auto* end = std::get_if<EndReport>(&report)) t = end->t;
              }});
    return t;
  };
  CHECK(seconds(barrier_gate()) > 2.5 * seconds(open_gate()));
}

namespace {

/// The largest staleness of a run in which one of four workers is ten times as slow.
std::uint64_t staleness_max(const GateKind& gate) {
  const auto plan = toy_plan({.workers = 4, .partitions = 4, .epochs = 10, .gate = gate});
  plan->report_seconds = 0;
  Pace pace;
  pace.real = false;
  pace.step = Distribution::parse("1+exp(2)");
  pace.delay = Distribution::parse("0.001");
  pace.factors = {1, 1, 1, 10};
  std::uint64_t most = 0;
  run_twin({.plan = plan, .pace = pace, .report = [&](const Report& report) {
              if (const auto* step = std::get_if<StepReport>(&report))
                most = std::max(most, step->staleness_max);
            }});
  return most;
}

}  // namespace

TEST_CASE(
    "twin: a bounded gate keeps the staleness histogram below its bound, an open one does not") {
  CHECK(staleness_max(bounded_gate()) <= (2 * 2 + 1) * 3);  // 2 steps, 3 other partitions
  CHECK(staleness_max(open_gate()) > (2 * 2 + 1) * 3);
}

TEST_CASE("twin: round robin makes every gradient as old as there are others") {
  CHECK(staleness_max(round_robin_gate()) == 3);
}

TEST_CASE("twin: a quorum ends with every draw delivered or late, and is not held up") {
  const auto plan = toy_plan({.workers = 4, .partitions = 4, .epochs = 3, .gate = quorum_gate()});
  const EndReport end = performed(plan, "1+exp(0.5)").end;
  CHECK(end.status == "done");
  CHECK(end.delivered == 480);
  CHECK(discarded_rows(end) > 0);
  CHECK(end.computed == end.delivered + discarded_rows(end));
}

TEST_CASE("twin: elastic replicas and rare pulls deliver every draw and train") {
  for (Toy toy : {Toy{.exchange = state_exchange(), .gate = open_gate(), .merge = elastic_merge()},
                  Toy{.exchange = delta_exchange(), .gate = open_gate(), .pull_turns = 3}}) {
    toy.epochs = 20;
    const EndReport end = performed(toy_plan(toy), "1+exp(0.5)").end;
    CHECK(end.delivered == 3200);
    CHECK(end.computed == end.delivered);
    CHECK(end.scores.at(0).accuracy >= 0.9);
  }
}
