/// `troupe topology`: what it prints of a configuration.
#include <doctest/doctest.h>

#include "tests/library/toy.hpp"

using troupe::test::call;
using troupe::test::Scratch;
using troupe::test::small_config;

TEST_CASE("topology show: text, dot and SVG of what the configuration chooses") {
  const Scratch scratch;
  const std::string config = small_config(scratch);
  CHECK(call({"topology", "show", config}).out ==
        "server: 2 workers, 1 aggregator, 4 edges\naggregator 0  <-> worker 0, worker 1\n"
        "worker 0      <-> aggregator 0\nworker 1      <-> aggregator 0\n");
  CHECK(call({"topology", "show", config, "-s", "topology=ring", "--format", "dot"})
            .out.find("n0 -> n1 [dir=both]") != std::string::npos);
  CHECK(call({"topology", "show", config, "--format", "svg"}).out.starts_with("<svg xmlns"));
}

TEST_CASE("topology lint: gap, mixing, bytes and who may not fail") {
  const Scratch scratch;
  const std::string out = call({"topology", "lint", small_config(scratch), "-s", "topology=gossip",
                                "-s", "graph=ring", "-s", "peers=all", "-s", "workers=4"})
                              .out;
  CHECK(out.starts_with("gossip: 4 peers, 8 edges\nconnected           yes\n"));
  CHECK(out.find("spectral gap        0.6667\n") != std::string::npos);
  CHECK(out.find("mixing time         5 exchanges") != std::string::npos);
  CHECK(out.find("sends 2 messages an exchange, 40 bytes; receives 40 bytes") != std::string::npos);
  CHECK(out.find("single points       none\n") != std::string::npos);
}

TEST_CASE("topology lint: peers that are averaged in the end exchange once") {
  const Scratch scratch;
  const std::string out =
      call({"topology", "lint", small_config(scratch), "-s", "topology=oneshot"}).out;
  CHECK(out.find("exchange            once, at the end of the run\n") != std::string::npos);
}

TEST_CASE("topology lint: without the data it counts in models, and a graph in parts is refused") {
  const Scratch scratch;
  const std::string config = small_config(scratch);
  const auto lint = [&](const std::vector<std::string>& changes) {
    std::vector<std::string> words{"topology", "lint", config};
    words.insert(words.end(), changes.begin(), changes.end());
    return call(words);
  };
  CHECK(lint({"-s", "path=none.h5"}).out.find("sends 1 message an exchange, 1 models") !=
        std::string::npos);
  const std::string edges = scratch.write("edges.txt", "0 1\n");
  const auto parted = lint(
      {"-s", "topology=gossip", "-s", "graph=file", "-s", "edges=" + edges, "-s", "workers=3"});
  CHECK(parted.code == 2);
  CHECK(parted.err.ends_with("add edges until everybody hears of everybody"));
}
