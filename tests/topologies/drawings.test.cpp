#include <doctest/doctest.h>

#include <algorithm>

#include <set>

#include "topologies/drawing.hpp"

namespace troupe {
TopologyKind serial_topology();
TopologyKind server_topology();
}  // namespace troupe

using namespace troupe;

namespace {

// Everybody whom news from `start` reaches.
std::set<std::uint32_t> reached(const Drawing& drawing, std::uint32_t start) {
  std::set<std::uint32_t> known{start};
  for (std::size_t round = 0; round < drawing.nodes.size(); ++round)
    for (const DrawingEdge& edge : drawing.edges)
      if (known.contains(edge.from)) known.insert(edge.to);
  return known;
}

}  // namespace

TEST_CASE("topologies: news from any node reaches every node") {
  for (const TopologyKind& kind : {serial_topology(), server_topology()})
    for (const std::uint32_t workers : {1U, 2U, 7U}) {
      CAPTURE(kind.kind.name);
      const Drawing drawing = kind.draw(Settings(), std::min(workers, kind.workers_max));
      for (std::uint32_t node = 0; node < drawing.nodes.size(); ++node)
        CHECK(reached(drawing, node).size() == drawing.nodes.size());
    }
}

TEST_CASE("server: one aggregator, a dialogue with each worker and no other edge") {
  const Drawing drawing = server_topology().draw(Settings(), 5);
  CHECK(drawing.nodes.size() == 6);
  CHECK(drawing.edges.size() == 10);
  for (const DrawingEdge& edge : drawing.edges) CHECK((edge.from == 0) != (edge.to == 0));
}

TEST_CASE("serial: one worker whatever was asked for") {
  CHECK(serial_topology().draw(Settings(), 4).nodes.size() == 2);
  CHECK(serial_topology().workers_max == 1);
}
