/// Who speaks to whom in which exchange.
#include "topologies/conversation.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace troupe {
TopologyKind gossip_topology();
}  // namespace troupe

using namespace troupe;

namespace {

Drawing gossip(const char* graph, const char* peers, std::uint32_t workers, bool directed = false) {
  Settings settings;
  settings.set("seed", std::int64_t{7});
  settings.set("training.gossip.graph", std::string(graph));
  settings.set("training.gossip.peers", std::string(peers));
  settings.set("training.gossip.directed", directed);
  settings.set("training.gossip.degree", std::int64_t{4});
  return gossip_topology().draw(settings, workers);
}

}  // namespace

TEST_CASE("conversation: one at random is uniform over the others, by a chi-squared test") {
  const Conversation talk(gossip("complete", "random", 8), 5);
  std::map<std::uint32_t, double> counts;
  constexpr int exchanges = 7000;
  for (int t = 0; t < exchanges; ++t) {
    const auto listeners = talk.listeners(3, static_cast<std::uint64_t>(t));
    REQUIRE(listeners.size() == 1);
    ++counts[listeners[0]];
  }
  CHECK_FALSE(counts.contains(3));
  double chi2 = 0;
  for (std::uint32_t j = 0; j < 8; ++j)
    if (j != 3) chi2 += std::pow(counts[j] - exchanges / 7.0, 2) / (exchanges / 7.0);
  CHECK(chi2 < 22.5);  // 6 degrees of freedom, p = 0.001
}

TEST_CASE("conversation: what one chooses at random says nothing of what another one does") {
  const Conversation talk(gossip("complete", "random", 8), 5);
  int same = 0;
  for (std::uint64_t t = 0; t < 700; ++t) {
    const std::uint32_t ahead_of_0 = talk.listeners(0, t)[0];
    const std::uint32_t ahead_of_1 = (talk.listeners(1, t)[0] + 7) % 8;
    same += ahead_of_0 == ahead_of_1 ? 1 : 0;
  }
  CHECK(same > 60);  // one in seven of 700, give or take four deviations
  CHECK(same < 140);
}

TEST_CASE("conversation: everybody hears exactly those who speak to it") {
  for (const char* graph : {"complete", "ring", "exponential", "torus", "random"})
    for (const char* peers : {"all", "one", "random"}) {
      const Conversation talk(gossip(graph, peers, 12), 5);
      for (std::uint64_t t = 0; t < 20; ++t)
        for (std::uint32_t i = 0; i < 12; ++i) {
          double columns = 0;
          for (std::uint32_t j = 0; j < 12; ++j) {
            const auto heard = talk.hears(j, t);
            const auto part = std::ranges::find(heard, i, &MixingWeight::from);
            const auto listeners = talk.listeners(i, t);
            CHECK((part != heard.end()) == (i == j || std::ranges::count(listeners, j) == 1));
            if (part != heard.end()) columns += part->weight;
          }
          CHECK(columns == doctest::Approx(1));  // nothing is lost and nothing made
        }
    }
}

TEST_CASE("conversation: its weights are those of the linter's matrix") {
  for (const bool directed : {false, true})
    for (const char* peers : {"all", "one"}) {
      const Drawing drawing = gossip("exponential", peers, 12, directed);
      const Conversation talk(drawing, 5);
      for (std::uint64_t t = 0; t < 4; ++t) {
        const MixingMatrix matrix = mixing_matrix(drawing, t);
        for (std::uint32_t i = 0; i < 12; ++i) {
          std::map<std::uint32_t, double> row;
          for (const MixingWeight& part : matrix[i]) row[part.from] += part.weight;
          for (const MixingWeight& part : talk.hears(i, t))
            CHECK(part.weight == doctest::Approx(row[part.from]));
        }
      }
    }
}
