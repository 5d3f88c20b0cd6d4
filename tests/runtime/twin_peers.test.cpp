/// Peers under the virtual clock: nobody holds the model, and all of them end.
#include <doctest/doctest.h>

#include "actors/descent.hpp"
#include "tests/runtime/performing.hpp"

namespace troupe {
TopologyKind oneshot_topology();
}

using namespace troupe;
using troupe::testing::discarded_rows;
using troupe::testing::performed;

TEST_CASE("twin: peers compute their epochs, and every draw is delivered or not heard") {
  for (const MergeKind& merge : {parzen_merge(), mean_merge()})
    for (const bool consensus : {true, false}) {
      const auto plan =
          toy_peers({.workers = 4, .epochs = 10, .gate = open_gate(), .merge = merge});
      plan->consensus = consensus;
      const EndReport end = performed(plan, "1+exp(0.5)").end;
      CHECK(end.status == "done");
      CHECK(end.computed == 1600);
      CHECK(end.computed == end.delivered + discarded_rows(end));
      CHECK(end.discarded.empty() == (consensus || end.delivered == 1600));
      CHECK(end.scores.at(0).accuracy >= 0.9);
    }
}

TEST_CASE("twin: behind a barrier peers reach the same bits at any pace, on every graph") {
  for (const MergeKind& merge : {mean_merge(), push_sum_merge()})
    for (const char* graph : {"complete", "ring", "exponential", "torus", "random"})
      for (const char* peers : {"all", "one", "random"}) {
        const auto crc = [&](const std::string& step) {
          const auto plan = toy_peers({.workers = 6, .epochs = 5, .merge = merge},
                                      {.graph = graph, .peers = peers});
          const EndReport end = performed(plan, step).end;
          CHECK(end.delivered == 800);
          CHECK(end.scores.at(0).accuracy >= 0.85);
          return crc32c(std::as_bytes(end.model.values()));
        };
        CHECK(crc("1") == crc("1+exp(0.5)"));
      }
}

TEST_CASE("twin: a number of steps is divided among peers, or the same for all behind a barrier") {
  for (const GateKind& gate : {barrier_gate(), open_gate()}) {
    const auto plan = toy_peers({.workers = 4, .epochs = 1000, .gate = gate});
    plan->stop.steps = 18;
    plan->consensus = false;
    const EndReport end = performed(plan).end;
    CHECK(end.updates == 18);
    CHECK(end.reason == "steps");
  }
}

TEST_CASE("twin: a time limit ends peers who wait for each other") {
  const auto plan = toy_peers({.workers = 4, .epochs = 1000}, {.graph = "ring", .peers = "all"});
  plan->stop.epochs.reset();
  plan->stop.seconds = 50;
  const EndReport end = performed(plan, "1+exp(0.5)").end;
  CHECK(end.reason == "time");
  CHECK(end.computed == end.delivered);
}

TEST_CASE("twin: a oneshot run is the mean of as many runs alone, and one state each travels") {
  const auto plan = toy_peers({.workers = 4, .local_steps = 10, .epochs = 3, .gate = open_gate()});
  plan->drawing = oneshot_topology().draw(Settings(), 4);
  std::vector<double> mean(plan->parameters);
  for (std::uint32_t p = 0; p < 4; ++p) {
    Block alone = Block::zeros(plan->parameters);
    const auto feed = plan->supply->feed(p);
    Descent descent(*plan);
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch)
      descent.run(alone.values(),
                  {.feed = *feed, .epoch = epoch, .positions = {0, plan->partition(p).size()}});
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += double(alone.values()[i]) / 4;
  }
  const EndReport end = performed(plan, "1+exp(0.5)").end;
  CHECK(end.delivered == 480);
  REQUIRE(end.model.size() == mean.size());
  for (std::size_t i = 0; i < mean.size(); ++i)
    CHECK(end.model.values()[i] == doctest::Approx(mean[i]).epsilon(1e-6));
}
