/// The terminal's views by themselves: text of any state, in any size.
#include "apps/library/screen.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace troupe;

namespace {

const std::string state = R"({
  "run":{"name":"rcv1","phase":"training","t":12.3,"clock":"real"},
  "progress":{"epoch":3,"epochs":10,"updates":1200,"samples":49920,"loss":0.31,
    "samples_per_second":41000,"bytes_sent":123,"bytes_received":5,"eta_seconds":28,
    "consensus_distance":null,"validation":{"loss":0.3,"accuracy":0.921}},
  "actors":[{"id":0,"name":"coordinator","role":"coordinator","state":"idle"},
    {"id":2,"name":"aggregator 0","role":"aggregator","state":"waiting","steps_per_second":0,
     "waiting_for":{"actor":3,"name":"worker 0","message":"push of step 12","seconds":2.1}},
    {"id":3,"name":"worker 0","role":"worker","state":"silent","step":12}],
  "edges":[{"from":3,"to":2,"messages_per_second":12,"bytes_per_second":2000,"delay_seconds":1e-5}],
  "culprits":[{"actor":3,"name":"worker 0","host":"node 1","what":"silent",
    "message":"push of step 12","seconds":2.1,"waiting":[2]}],
  "events":[{"type":"event","t":2.0,"what":"leased","who":"worker 0","detail":"a \u001b[2Jb"}]})";

std::string drawn(const Screen& screen) {
  std::string text;
  for (const std::string& line : screen_lines(state, screen)) text += line + "\n";
  return text;
}

}  // namespace

TEST_CASE("screen: every view has exactly the lines of the terminal, none too wide") {
  for (const Tab tab : {Tab::overview, Tab::workers, Tab::graph, Tab::events})
    for (const std::size_t height : {8, 24, 50})
      for (const std::size_t width : {40, 80, 200})
        for (const std::string& text : {state, std::string("{}"), std::string("no JSON")}) {
          const auto lines = screen_lines(text, {.tab = tab, .width = width, .height = height});
          CHECK(lines.size() == height);
          for (const std::string& line : lines) CHECK(line.size() <= width);
        }
}

TEST_CASE("screen: the overview has progress, scores, and who is to blame") {
  const std::string text = drawn({});
  CHECK(text.find("troupe rcv1: training") == 0);
  CHECK(text.find("3 of 10") != std::string::npos);
  CHECK(text.find("accuracy 0.921") != std::string::npos);
  CHECK(
      text.find("! worker 0 (node 1): silent for 2.1 s; awaited: push of step 12; 1 wait for it") !=
      std::string::npos);
}

TEST_CASE("screen: in a narrow terminal a culprit takes two lines and loses no word") {
  const std::string text = drawn({.width = 60});
  CHECK(text.find("! worker 0 (node 1): silent for 2.1 s;\n") != std::string::npos);
  CHECK(text.find("\n    awaited: push of step 12; 1 wait for it\n") != std::string::npos);
}

TEST_CASE("screen: workers say what they wait for, the graph who tells whom how much") {
  CHECK(drawn({.tab = Tab::workers, .width = 120}).find("for worker 0, 2.1 s: push of step 12") !=
        std::string::npos);
  const std::string graph = drawn({.tab = Tab::graph});
  CHECK(graph.find("worker 0         -> aggregator 0") != std::string::npos);
  CHECK(graph.find("10 us") != std::string::npos);
}

TEST_CASE("screen: text of others cannot steer the terminal") {
  CHECK(drawn({.tab = Tab::events}).find('\x1b') == std::string::npos);
  CHECK(drawn({.tab = Tab::events, .colours = true}).find("\x1b[2J") == std::string::npos);
}

TEST_CASE("screen: a coordinator that does not answer is said on top, over the last state") {
  const std::string text = drawn({.silent_seconds = 3.2});
  CHECK(text.find("! coordinator: no answer for 3 s") != std::string::npos);
  CHECK(text.find("3 of 10") != std::string::npos);
}

TEST_CASE("screen: a list that is longer than the terminal scrolls, and no further") {
  const auto last = screen_lines(state, {.tab = Tab::workers, .height = 5, .scroll = 1000});
  CHECK(last.back().find("lines ") != std::string::npos);
  CHECK(last.size() == 5);
}

TEST_CASE("screen: where there is no terminal a run is a line, and each culprit one") {
  const auto lines = plain_lines(state);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "training: t 12 s  epoch 3  updates 1.2 k  41 k/s  loss 0.31");
  CHECK(lines[1].find("waiting for worker 0 (node 1): silent") == 0);
}
