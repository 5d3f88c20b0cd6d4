#include "topologies/graph.hpp"

#include <algorithm>
#include <set>

#include "base/user_error.hpp"

namespace troupe {
namespace {

/// Everybody's neighbours stand at the same distances ahead.
Graph circulant(std::uint32_t nodes, const std::set<std::uint32_t>& ahead) {
  Graph graph(nodes);
  for (std::uint32_t i = 0; i < nodes; ++i)
    for (const std::uint32_t distance : ahead) graph[i].push_back((i + distance) % nodes);
  return graph;
}

void add_hop(std::set<std::uint32_t>& ahead, std::uint32_t hop, const GraphRequest& request) {
  if (hop % request.nodes == 0) return;
  ahead.insert(hop % request.nodes);
  if (!request.directed) ahead.insert(request.nodes - hop % request.nodes);
}

void refuse_directed(const GraphRequest& request, const std::string& shape) {
  if (request.directed)
    throw UserError(ExitCode::usage, "training.gossip.directed = true says nothing to graph = \"" +
                                         shape +
                                         "\": it has no forward edges; \"ring\", "
                                         "\"exponential\" and \"torus\" have, and a file");
}

Graph complete_graph(const GraphRequest& request) {
  refuse_directed(request, "complete");
  constexpr std::uint32_t most = 2048;
  if (request.nodes > most)
    throw UserError(ExitCode::usage,
                    "training.gossip.graph = \"complete\" over " + std::to_string(request.nodes) +
                        " workers has more edges than memory should hold: \"exponential\" mixes "
                        "nearly as fast, or take at most " +
                        std::to_string(most));
  std::set<std::uint32_t> ahead;
  for (std::uint32_t d = 1; d < request.nodes; ++d) ahead.insert(d);
  return circulant(request.nodes, ahead);
}

Graph ring_graph(const GraphRequest& request) {
  std::set<std::uint32_t> ahead;
  add_hop(ahead, 1, request);
  return circulant(request.nodes, ahead);
}

/// Neighbours 1, 2, 4, 8, ... ahead (Assran, Loizou, Ballas, Rabbat 2019).
Graph exponential_graph(const GraphRequest& request) {
  std::set<std::uint32_t> ahead;
  for (std::uint64_t hop = 1; hop < request.nodes; hop *= 2)
    add_hop(ahead, static_cast<std::uint32_t>(hop), request);
  return circulant(request.nodes, ahead);
}

/// Rows and columns as equal as they can be, both closed to rings.
Graph torus_graph(const GraphRequest& request) {
  std::uint32_t rows = 1;
  for (std::uint32_t r = 2; r * r <= request.nodes; ++r)
    if (request.nodes % r == 0) rows = r;
  if (rows == 1)
    throw UserError(ExitCode::usage, "training.gossip.graph = \"torus\" needs rows and columns: " +
                                         std::to_string(request.nodes) +
                                         " workers make only one row; take 4, 6, 8, 9, ...");
  const std::uint32_t columns = request.nodes / rows;
  Graph graph(request.nodes);
  for (std::uint32_t i = 0; i < request.nodes; ++i) {
    const std::uint32_t row = i / columns;
    const std::uint32_t column = i % columns;
    std::set<std::uint32_t> near{row * columns + (column + 1) % columns,
                                 (row + 1) % rows * columns + column};
    if (!request.directed) {
      near.insert(row * columns + (column + columns - 1) % columns);
      near.insert((row + rows - 1) % rows * columns + column);
    }
    near.erase(i);
    graph[i].assign(near.begin(), near.end());
    std::ranges::sort(graph[i], {},
                      [&](std::uint32_t j) { return (j + request.nodes - i) % request.nodes; });
  }
  return graph;
}

Graph random_graph(const GraphRequest& request) {
  refuse_directed(request, "random");
  return random_regular_graph(request);
}

}  // namespace

const std::vector<GraphShape>& graph_shapes() {
  static const std::vector<GraphShape> shapes = {
      {"complete", complete_graph}, {"ring", ring_graph},     {"exponential", exponential_graph},
      {"torus", torus_graph},       {"random", random_graph}, {"file", graph_of_file}};
  return shapes;
}

bool symmetric(const Graph& graph) {
  for (std::uint32_t i = 0; i < graph.size(); ++i)
    for (const std::uint32_t j : graph[i])
      if (!std::ranges::count(graph[j], i)) return false;
  return true;
}

}  // namespace troupe
