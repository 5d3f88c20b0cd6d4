/// A connected random graph in which everybody has the same number of neighbours:
/// a regular ring whose edges are swapped in pairs many times, a function of the seed.
#include <algorithm>
#include <set>
#include <utility>

#include "base/random.hpp"
#include "base/user_error.hpp"
#include "topologies/graph.hpp"

namespace troupe {
namespace {

using Pair = std::pair<std::uint32_t, std::uint32_t>;
constexpr std::uint64_t swaps_per_edge = 20;

Pair ordered(std::uint32_t a, std::uint32_t b) { return {std::min(a, b), std::max(a, b)}; }

/// Neighbours 1, 2, .. degree / 2 to both sides, and across for an odd one.
std::vector<Pair> regular_ring(std::uint32_t nodes, std::uint32_t degree) {
  std::vector<Pair> edges;
  for (std::uint32_t i = 0; i < nodes; ++i)
    for (std::uint32_t d = 1; d <= degree / 2; ++d) edges.push_back(ordered(i, (i + d) % nodes));
  if (degree % 2 == 1)
    for (std::uint32_t i = 0; i < nodes / 2; ++i) edges.emplace_back(i, i + nodes / 2);
  return edges;
}

/// a-b, c-d become a-d, c-b, unless one of them is there already.
void swap_edges(std::vector<Pair>& edges, RandomStream stream) {
  std::set<Pair> known(edges.begin(), edges.end());
  for (std::uint64_t i = 0; i < swaps_per_edge * edges.size(); ++i) {
    Pair& first = edges[stream.below(edges.size())];
    Pair& second = edges[stream.below(edges.size())];
    const bool turned = stream.below(2) == 1;
    const auto [a, b] = first;
    const auto [c, d] = turned ? Pair{second.second, second.first} : second;
    if (a == d || c == b || known.contains(ordered(a, d)) || known.contains(ordered(c, b)))
      continue;
    known.erase(first);
    known.erase(second);
    first = ordered(a, d);
    second = ordered(c, b);
    known.insert(first);
    known.insert(second);
  }
}

Graph graph_of(const std::vector<Pair>& edges, std::uint32_t nodes) {
  Graph graph(nodes);
  for (const auto& [a, b] : edges) {
    graph[a].push_back(b);
    graph[b].push_back(a);
  }
  for (std::uint32_t i = 0; i < nodes; ++i)
    std::ranges::sort(graph[i], {}, [&](std::uint32_t j) { return (j + nodes - i) % nodes; });
  return graph;
}

bool connected(const Graph& graph) {
  std::vector<bool> seen(graph.size());
  std::vector<std::uint32_t> open{0};
  seen[0] = true;
  std::size_t count = 1;
  while (!open.empty()) {
    const std::uint32_t node = open.back();
    open.pop_back();
    for (const std::uint32_t next : graph[node])
      if (!seen[next]) {
        seen[next] = true;
        ++count;
        open.push_back(next);
      }
  }
  return count == graph.size();
}

}  // namespace

Graph random_regular_graph(const GraphRequest& request) {
  if (request.nodes == 1) return Graph(1);
  if (request.degree >= request.nodes || request.nodes * request.degree % 2 == 1 ||
      (request.degree == 1 && request.nodes > 2))
    throw UserError(ExitCode::usage,
                    "training.gossip.degree = " + std::to_string(request.degree) +
                        ": no graph of " + std::to_string(request.nodes) + " workers has " +
                        std::to_string(request.degree) +
                        " neighbours for each and hangs together; take fewer neighbours than "
                        "workers, 2 or more, and an even number of either");
  for (std::uint64_t attempt = 0;; ++attempt) {
    std::vector<Pair> edges = regular_ring(request.nodes, request.degree);
    swap_edges(edges, RandomStream(request.seed, Purpose::draw, attempt));
    Graph graph = graph_of(edges, request.nodes);
    if (connected(graph)) return graph;
  }
}

}  // namespace troupe
