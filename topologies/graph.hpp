/// Graphs over n equals: who may be told something by whom. A graph knows no roles
/// and no messages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// What a shape may be told about itself.
struct GraphRequest {
  std::uint32_t nodes = 1;
  bool directed = false;     ///< forward edges alone
  std::uint32_t degree = 4;  ///< of a random regular graph
  std::uint64_t seed = 1;
  std::string edges = {};  ///< the file of edges
};

/// Out-neighbours of each node, never itself, ordered by how far ahead they are on the
/// circle 0, 1, .. n - 1: so the k-th of everybody is a permutation where it can be.
using Graph = std::vector<std::vector<std::uint32_t>>;

struct GraphShape {
  std::string name;
  Graph (*make)(const GraphRequest&) = nullptr;
};

/// complete, ring, exponential, torus, random, file. Making one throws UserError
/// where nodes or file do not allow it.
const std::vector<GraphShape>& graph_shapes();

/// Every edge has one back.
bool symmetric(const Graph& graph);

Graph graph_of_file(const GraphRequest& request);
Graph random_regular_graph(const GraphRequest& request);

}  // namespace troupe
