/// Sums of a round by server, tree and ring: the same draws, the same bits, and as many
/// messages and bytes as the drawing says.
#include <doctest/doctest.h>

#include "base/checksum.hpp"
#include "messages/visit.hpp"
#include "runtime/twin/twin.hpp"
#include "tests/actors/toy_plan.hpp"
#include "topologies/inspection.hpp"

namespace troupe {
TopologyKind tree_topology();
TopologyKind ring_topology();
UpdateKind momentum_update();
}  // namespace troupe

using namespace troupe;

namespace {

enum class Shape { server, tree, ring };

struct Run {
  Shape shape = Shape::server;
  Toy toy = {};
  bool exact = false;
  std::int64_t fanout = 2;
  std::string step = "1+exp(0.5)";
};

std::shared_ptr<Plan> plan_of(Run run) {
  if (run.shape == Shape::ring) {
    run.toy.codec = dense_codec();
    run.toy.pull = PullKind::dense;
  }
  const auto plan = toy_plan(run.toy);
  Settings settings;
  settings.set("training.tree.fanout", run.fanout);
  if (run.shape == Shape::tree) plan->drawing = tree_topology().draw(settings, run.toy.workers);
  if (run.shape == Shape::ring) plan->drawing = ring_topology().draw(settings, run.toy.workers);
  plan->reduces = run.shape == Shape::ring;
  plan->exact = run.exact;
  return plan;
}

EndReport perform_run(const Run& run, TwinRequest request = {}) {
  EndReport end;
  request.plan = request.plan ? request.plan : plan_of(run);
  request.pace.real = false;
  request.pace.step = Distribution::parse(run.step);
  request.pace.delay = Distribution::parse("0.01");
  request.pace.seed = 5;
  request.report = [&](const Report& report) {
    if (const auto* said = std::get_if<EndReport>(&report)) end = *said;
  };
  run_twin(request);
  return end;
}

std::uint32_t crc(const EndReport& end) { return crc32c(std::as_bytes(end.model.values())); }

std::uint64_t discarded(const EndReport& end) {
  std::uint64_t rows = 0;
  for (const Count& count : end.discarded) rows += count.rows;
  return rows;
}

Toy eight(std::uint32_t workers, const ExchangeKind& exchange = gradient_exchange()) {
  return {.workers = workers, .partitions = 8, .epochs = 3, .exchange = exchange};
}

}  // namespace

TEST_CASE("reductions: a tree reaches the server's bits, whoever sums up for whom") {
  for (const ExchangeKind& exchange : {gradient_exchange(), state_exchange(), delta_exchange()})
    for (const CodecKind& codec : {sparse_codec(), changed_codec()}) {
      Toy toy = eight(1, exchange);
      toy.codec = codec;
      const std::uint32_t alone = crc(perform_run({.toy = toy}));
      for (const std::uint32_t workers : {1U, 2U, 3U, 8U})
        for (const std::int64_t fanout : {2, 3}) {
          toy.workers = workers;
          CAPTURE(exchange.kind.name);
          CAPTURE(workers);
          const EndReport end = perform_run({.shape = Shape::tree, .toy = toy, .fanout = fanout});
          CHECK(crc(end) == alone);
          CHECK(end.delivered == end.computed);
        }
    }
}

TEST_CASE("reductions: a tree passes on what is applied when it arrives, behind every gate") {
  for (const GateKind& gate : {open_gate(), bounded_gate(), round_robin_gate(), quorum_gate()})
    for (const PullKind pull : {PullKind::dense, PullKind::sparse}) {
      CAPTURE(gate.kind.name);
      Toy toy = eight(8);
      toy.epochs = 20;
      toy.gate = gate;
      toy.pull = pull;
      const EndReport end = perform_run({.shape = Shape::tree, .toy = toy});
      CHECK(end.computed == end.delivered + discarded(end));
      CHECK(end.delivered <= 3200);
      CHECK(end.scores.at(0).accuracy >= 0.9);
    }
}

TEST_CASE("reductions: a ring delivers every draw once, to one model") {
  for (const ExchangeKind& exchange : {gradient_exchange(), state_exchange(), delta_exchange()})
    for (const std::uint32_t workers : {1U, 2U, 3U, 7U}) {
      CAPTURE(workers);
      Toy toy = eight(workers, exchange);
      toy.epochs = 20;
      const EndReport end = perform_run({.shape = Shape::ring, .toy = toy});
      CHECK(end.status == "done");
      CHECK(end.delivered == 3200);
      CHECK(end.computed == 3200);
      CHECK(end.scores.at(0).accuracy >= 0.9);
    }
}

TEST_CASE("reductions: a ring of floats repeats at any pace for the same number of peers") {
  const Run run{.shape = Shape::ring, .toy = eight(3)};
  Run even = run;
  even.step = "1";
  CHECK(crc(perform_run(run)) == crc(perform_run(even)));
}

TEST_CASE("reductions: exact sums agree in server, tree and ring for any number of workers") {
  for (const ExchangeKind& exchange : {gradient_exchange(), state_exchange()}) {
    const std::uint32_t alone = crc(perform_run({.toy = eight(1, exchange), .exact = true}));
    for (const Shape shape : {Shape::server, Shape::tree, Shape::ring})
      for (const std::uint32_t workers : {1U, 2U, 3U, 5U, 8U}) {
        CAPTURE(static_cast<int>(shape));
        CAPTURE(workers);
        CHECK(crc(perform_run({.shape = shape, .toy = eight(workers, exchange), .exact = true})) ==
              alone);
      }
  }
}

TEST_CASE("reductions: floats and exact sums are not the same") {
  const Toy toy = eight(1, state_exchange());
  CHECK(crc(perform_run({.toy = toy})) != crc(perform_run({.toy = toy, .exact = true})));
}

TEST_CASE("reductions: peers of a ring keep the same state of the update") {
  const auto heavy = [](Shape shape) {
    const auto plan = plan_of({.shape = shape, .toy = eight(4), .exact = true});
    Settings settings;
    settings.set("training.momentum.beta", 0.9);
    settings.set("training.momentum.form", std::string("heavy_ball"));
    plan->plain = false;
    plan->update = [settings, n = plan->parameters] { return momentum_update().make(settings, n); };
    TwinRequest request;
    request.plan = plan;
    return crc(perform_run({}, request));
  };
  CHECK(heavy(Shape::ring) == heavy(Shape::server));
}

TEST_CASE(
    "reductions: a ring stops with draws of the last round counted, and waits for a verdict") {
  const auto timed = plan_of({.shape = Shape::ring, .toy = eight(4)});
  timed->stop = StopRule();
  timed->stop.seconds = 12.5;
  TwinRequest request;
  request.plan = timed;
  const EndReport end = perform_run({}, request);
  CHECK(end.reason == "time");
  CHECK(end.delivered > 0);
  CHECK(end.computed == end.delivered + discarded(end));
  const auto judged = plan_of({.shape = Shape::ring, .toy = eight(4)});
  judged->stop = StopRule();
  judged->stop.epochs = 50;
  judged->stop.target = 0.9;
  request.plan = judged;
  const EndReport early = perform_run({}, request);
  CHECK(early.reason == "target");
  CHECK(early.epochs < 50);
  CHECK(early.computed == early.delivered + discarded(early));
}

namespace {

struct Counted {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

/// What each edge of the drawing carried.
std::map<std::pair<ActorId, ActorId>, Counted> traffic(const Run& run, std::uint64_t steps) {
  std::map<std::pair<ActorId, ActorId>, Counted> edges;
  TwinRequest request;
  const auto plan = plan_of(run);
  plan->stop = StopRule();
  plan->stop.steps = steps;
  request.plan = plan;
  request.overheard = [&](ActorId from, ActorId to, const Message& message) {
    Counted& edge = edges[{from, to}];
    const auto count = [&](std::size_t bytes) {
      ++edge.messages;
      edge.bytes += bytes;
    };
    if (const auto* push = std::get_if<Push>(&message)) {
      std::size_t bytes = 0;
      for (const Contribution& part : push->contributions) bytes += payload_bytes(part.payload);
      count(bytes);
    } else if (const auto* down = std::get_if<Parameters>(&message)) {
      count(payload_bytes(down->payload));
    } else if (const auto* part = std::get_if<Segment>(&message)) {
      count(part->values.size() * sizeof(float));
    }
  };
  perform_run(run, request);
  return edges;
}

}  // namespace

TEST_CASE("reductions: the drawing says what a step takes, message by message") {
  constexpr std::uint64_t steps = 6;
  for (const Shape shape : {Shape::server, Shape::tree, Shape::ring}) {
    CAPTURE(static_cast<int>(shape));
    Toy toy = eight(4);
    toy.partitions = 4;
    toy.codec = dense_codec();
    toy.pull = PullKind::dense;
    const Run run{.shape = shape, .toy = toy};
    const auto plan = plan_of(run);
    // Of two runs the longer one's further steps: at the start each asks by itself.
    auto measured = traffic(run, 2 * steps);
    for (const auto& [edge, carried] : traffic(run, steps)) {
      measured[edge].messages -= carried.messages;
      measured[edge].bytes -= carried.bytes;
    }
    for (const DrawingEdge& edge : plan->drawing.edges) {
      const auto carried =
          measured.at({Plan::first_drawn + edge.from, Plan::first_drawn + edge.to});
      CHECK(static_cast<double>(carried.messages) == edge.messages * steps);
      CHECK(static_cast<double>(carried.bytes) ==
            doctest::Approx(edge.models * steps * static_cast<double>(plan->parameters) * 4));
    }
  }
}
