/// What goes wrong in the twin: networks that cost time, workers that stand still, are cut
/// off or crash. Seconds are virtual, so limits are asserted as they are promised.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/checksum.hpp"
#include "runtime/twin/network.hpp"
#include "runtime/twin/twin.hpp"
#include "tests/actors/toy_plan.hpp"

namespace troupe {
TopologyKind tree_topology();
}

using namespace troupe;

namespace {

struct Troubled {
  EndReport end;
  std::map<std::string, std::vector<EventReport>> events;

  std::uint32_t crc() const { return crc32c(std::as_bytes(end.model.values())); }
  std::size_t count(const std::string& what) const {
    const auto found = events.find(what);
    return found == events.end() ? 0 : found->second.size();
  }
};

Pace steady_pace() {
  Pace pace;
  pace.real = false;
  pace.step = Distribution::parse("1");
  pace.delay = Distribution::parse("0.01");
  return pace;
}

Troubled play_out(const std::shared_ptr<Plan>& plan, const Pace& pace) {
  Troubled outcome;
  run_twin({.plan = plan, .pace = pace, .report = [&](const Report& report) {
              if (const auto* end = std::get_if<EndReport>(&report)) outcome.end = *end;
              if (const auto* event = std::get_if<EventReport>(&report))
                outcome.events[event->what].push_back(*event);
            }});
  return outcome;
}

Troubled play_out(const Toy& toy, const Pace& pace) { return play_out(toy_plan(toy), pace); }

/// Below a root that has two branches, each of which has two.
Troubled play_below_branches(Toy toy, const Pace& pace) {
  toy.workers = 6;
  toy.partitions = 6;
  const auto plan = toy_plan(toy);
  Settings settings;
  settings.set("training.tree.fanout", std::int64_t{2});
  plan->drawing = tree_topology().draw(settings, toy.workers);
  return play_out(plan, pace);
}

Troubled play_out(const Toy& toy, const Fault& fault) {
  Pace pace = steady_pace();
  pace.faults = {fault};
  return play_out(toy, pace);
}

Troubled play_out(const Toy& toy, const LinkPace& link) {
  Pace pace = steady_pace();
  pace.links = {link};
  return play_out(toy, pace);
}

const Toy three_workers{.workers = 3, .partitions = 3};

}  // namespace

TEST_CASE("faults: a paused worker makes a barrier wait so long, and is not lost") {
  const Troubled calm = play_out(three_workers, steady_pace());
  const Troubled paused = play_out(three_workers, {.worker = 1, .at = 3.5, .seconds = 7});
  CHECK(paused.end.t == doctest::Approx(calm.end.t + 7).epsilon(0.001));
  CHECK(paused.crc() == calm.crc());
  CHECK(paused.count("worker_lost") == 0);
}

TEST_CASE("faults: a crash is seen within 0.5 s, and behind a barrier the model is the same") {
  const Troubled calm = play_out(three_workers, steady_pace());
  const Troubled crashed = play_out(three_workers, {.worker = 1, .what = Mishap::crash, .at = 3.5});
  REQUIRE(crashed.count("worker_lost") == 1);
  CHECK(crashed.events.at("worker_lost")[0].t <= 3.5 + 0.5);
  CHECK(crashed.events.at("worker_lost")[0].who == "worker 1");
  CHECK(crashed.count("leased") > 0);
  CHECK(crashed.end.status == "done");
  CHECK(crashed.end.delivered == calm.end.delivered);
  CHECK(crashed.crc() == calm.crc());
}

TEST_CASE("faults: a worker that froze or is cut off is given up within 2 s") {
  for (const Mishap what : {Mishap::freeze, Mishap::cut}) {
    const Troubled outcome =
        play_out(three_workers, {.worker = 2, .what = what, .at = 3.5, .seconds = 8});
    REQUIRE(outcome.count("worker_lost") == 1);
    CHECK(outcome.events.at("worker_lost")[0].t <= 3.5 + 2);
    CHECK(outcome.end.status == "done");
    CHECK(outcome.end.delivered == 320);
    CHECK(outcome.crc() == play_out(three_workers, steady_pace()).crc());
  }
}

TEST_CASE("faults: one that freezes or is cut off for less than a second is not lost") {
  for (const Mishap what : {Mishap::freeze, Mishap::cut}) {
    const Troubled outcome =
        play_out(three_workers, {.worker = 2, .what = what, .at = 3.5, .seconds = 0.7});
    CHECK(outcome.count("worker_lost") == 0);
    CHECK(outcome.end.delivered == 320);
  }
}

TEST_CASE("faults: who comes back takes a share again, and counts from nothing") {
  const Fault fault{.worker = 0, .what = Mishap::crash, .at = 3.5, .seconds = 4};
  for (const GateKind& gate : {barrier_gate(), open_gate()}) {
    Toy toy = three_workers;
    toy.gate = gate;
    const Troubled outcome = play_out(toy, fault);
    REQUIRE(outcome.count("worker_joined") == 1);
    CHECK(outcome.events.at("worker_joined")[0].t >= 7.5);
    CHECK(outcome.end.status == "done");
    CHECK(outcome.end.delivered == 320);
    std::uint64_t discarded = 0;
    for (const Count& count : outcome.end.discarded) discarded += count.rows;
    CHECK(outcome.end.computed == outcome.end.delivered + discarded);
  }
}

TEST_CASE("faults: without a worker a run ends with a line that names the last") {
  const Troubled outcome =
      play_out({.workers = 1, .partitions = 1}, {.what = Mishap::crash, .at = 2.5});
  CHECK(outcome.end.status == "failed");
  CHECK(outcome.end.exit_code == 4);
  CHECK(outcome.end.reason == "no worker is left: worker 0 was the last");
}

TEST_CASE("faults: who is lost below a branch is named, and another one takes its share") {
  Pace pace = steady_pace();
  pace.faults = {{.worker = 3, .what = Mishap::crash, .at = 3.5}};
  for (const GateKind& gate : {barrier_gate(), open_gate()}) {
    const Troubled calm = play_below_branches({.gate = gate}, steady_pace());
    const Troubled outcome = play_below_branches({.gate = gate}, pace);
    REQUIRE(outcome.count("worker_lost") == 1);
    CHECK(outcome.events.at("worker_lost")[0].who == "worker 3");
    CHECK(outcome.events.at("worker_lost")[0].t <= 3.5 + 0.5);
    CHECK(outcome.count("leased") == 1);
    CHECK(outcome.end.status == "done");
    CHECK(outcome.end.delivered == calm.end.delivered);
    if (gate.rounds) CHECK(outcome.crc() == calm.crc());
  }
}

TEST_CASE("faults: who comes back below a branch brings what counts once") {
  Pace pace = steady_pace();
  pace.faults = {{.worker = 3, .what = Mishap::crash, .at = 3.5, .seconds = 4}};
  const Troubled outcome = play_below_branches({}, pace);
  REQUIRE(outcome.count("worker_joined") == 1);
  CHECK(outcome.end.delivered == 320);
  CHECK(outcome.crc() == play_below_branches({}, steady_pace()).crc());
}

TEST_CASE("faults: peers that lose one of them end the run, and say who") {
  Pace pace = steady_pace();
  pace.faults = {{.worker = 1, .what = Mishap::crash, .at = 3.5}};
  EndReport end;
  run_twin({.plan = toy_peers({.workers = 3, .merge = parzen_merge()}),
            .pace = pace,
            .report = [&](const Report& report) {
              if (const auto* last = std::get_if<EndReport>(&report)) end = *last;
            }});
  CHECK(end.exit_code == 4);
  CHECK(end.reason.starts_with("a run of peers ends when one is lost: peer 1 is gone"));
}

TEST_CASE("faults: loss, duplicates and reordering cost time and nothing else") {
  const Troubled calm = play_out(three_workers, steady_pace());
  for (const LinkPace& link :
       {LinkPace{.loss = 0.3}, LinkPace{.duplicates = 0.5}, LinkPace{.reordering = 0.5}}) {
    const Troubled outcome = play_out(three_workers, link);
    CHECK(outcome.crc() == calm.crc());
    CHECK(outcome.end.delivered == calm.end.delivered);
    CHECK(outcome.end.computed == calm.end.computed);
    CHECK(outcome.end.t >= calm.end.t);
  }
  CHECK(play_out(three_workers, LinkPace{.loss = 0.3}).end.t > calm.end.t + 1);
}

TEST_CASE("faults: a plan of nothing plays the run that there is without one") {
  Pace pace = steady_pace();
  pace.links = {LinkPace{}};
  const Troubled outcome = play_out({.gate = open_gate()}, pace);
  CHECK(outcome.end.t == play_out({.gate = open_gate()}, steady_pace()).end.t);
}

TEST_CASE("network: what is lost is sent again after 0.2 s, and then after twice as long") {
  Pace pace;
  pace.links = {{.loss = 0.9}};
  Network network(pace);
  bool twice = false;
  for (int n = 0; n < 100; ++n) {
    const double t = 1000.0 * n;
    const double waited = network.send({.from = 2, .to = 0}, t, 8).arrives - t;
    twice = twice || waited == doctest::Approx(0.2 + 0.4);
    CHECK((waited == 0.0 || waited >= 0.2 - 1e-9));
  }
  CHECK(twice);
}

TEST_CASE("network: an edge keeps its order, whatever is overtaken on the way") {
  Pace pace;
  pace.delay = Distribution::parse("exp(10)");
  pace.links = {{.reordering = 0.5}};
  Network network(pace);
  double last = 0;
  for (int n = 0; n < 100; ++n) {
    const double arrives = network.send({.from = 2, .to = 0}, 0.01 * n, 8).arrives;
    CHECK(arrives >= last);
    last = arrives;
  }
}

TEST_CASE("network: messages leave one behind the other at the rate of the link") {
  Pace pace;
  pace.links = {{.from = 2, .bytes_per_second = 1000}};
  Network network(pace);
  CHECK(network.send({.from = 2, .to = 0}, 1, 500).arrives == doctest::Approx(1.5));
  CHECK(network.send({.from = 2, .to = 0}, 1, 500).arrives == doctest::Approx(2.0));
  CHECK(network.send({.from = 0, .to = 2}, 1, 500).arrives == doctest::Approx(1.0));
}

TEST_CASE("network: a cut lets nothing through until it is over, within a process all") {
  Pace pace;
  pace.faults = {{.worker = 0, .what = Mishap::cut, .at = 1, .seconds = 3}};
  Network network(pace);
  CHECK(network.send({.from = 2, .to = 0, .sender = Network::End{0}}, 2, 8).arrives >= 4);
  CHECK(network.send({.from = 0, .to = 2, .receiver = Network::End{0}}, 2, 8).arrives >= 4);
  CHECK(network.send({.from = 3, .to = 0, .sender = Network::End{1}}, 2, 8).arrives == 2);
  CHECK(network.send({.from = 1, .to = 0, .inside = true}, 2, 8).arrives == 2);
}
