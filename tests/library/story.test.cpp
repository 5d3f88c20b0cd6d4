/// The story so far, and what Prometheus is told: bounded and plain.
#include "apps/library/story.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "apps/library/flight.hpp"
#include "apps/library/prometheus.hpp"

using namespace troupe;

TEST_CASE("story: all of a short one, in order") {
  Story story;
  story.add(R"({"type":"start"})");
  story.add(R"({"type":"step","t":1})");
  story.add(R"({"type":"eval"})");
  const auto lines = story.lines();
  REQUIRE(lines.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(lines[i].number == i + 1);
}

TEST_CASE("story: a long one is thinned evenly, with first and last, and never above 2,000") {
  Story story;
  story.add(R"({"type":"start"})");
  for (int i = 0; i < 100'000; ++i) {
    story.add(R"({"type":"step","n":)" + std::to_string(i) + "}");
    if (i % 10 == 0) story.add(R"({"type":"event"})");
  }
  const auto lines = story.lines();
  CHECK(lines.size() <= 2000);
  CHECK(lines.size() >= 1000);
  CHECK(lines.front().text == R"({"type":"start"})");
  CHECK(lines.back().number >= 109'999);
  std::uint64_t widest = 0;
  std::uint64_t before = 0;
  for (const StoryLine& line : lines) {
    REQUIRE(line.text.starts_with("{"));  // the first one is thinned too, and stays whole
    CHECK(line.number > before);
    widest = std::max(widest, line.number - before);
    before = line.number;
  }
  CHECK(widest <= 200);
}

TEST_CASE("prometheus: counters, states and staleness of an actor, with its name") {
  RunState state;
  state.run = "a \"run\"";
  state.step.updates = 12;
  ActorView worker{.actor = 3, .name = "worker 1", .role = "worker", .host = "node 1"};
  worker.state = ActorState::silent;
  worker.staleness = {5, 3};
  state.view.actors.push_back(worker);
  const std::string text = prometheus_text(state, 2);
  CHECK(text.find("# TYPE troupe_updates_total counter") != std::string::npos);
  CHECK(text.find("troupe_followers_dropped_total 2") != std::string::npos);
  CHECK(text.find(R"(run="a \"run\"")") != std::string::npos);
  CHECK(text.find(R"(host="node 1",state="silent"} 1)") != std::string::npos);
  CHECK(text.find(R"(le="0"} 5)") != std::string::npos);
  CHECK(text.find(R"(le="+Inf"} 8)") != std::string::npos);
}

TEST_CASE("flight: a line an event, in words") {
  CHECK(flight_text({{.actor = 3,
                      .name = "worker 1",
                      .happening = {.number = 7, .t = 1.5, .what = 3, .other = 2},
                      .other = "aggregator 0"}}) ==
        R"({"t":1.5,"actor":"worker 1","event":7,"what":"parameters","from":"aggregator 0"})"
        "\n");
}
