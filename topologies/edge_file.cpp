/// A graph from a text file: two numbers of nodes a line, '#' begins a comment. It
/// takes each line as an edge both ways unless the graph is directed.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/user_error.hpp"
#include "topologies/graph.hpp"

namespace troupe {
namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw UserError(ExitCode::data, where + ": " + why);
}

void connect(Graph& graph, std::uint64_t from, std::uint64_t to) {
  auto& near = graph[from];
  const auto node = static_cast<std::uint32_t>(to);
  if (from != to && !std::ranges::count(near, node)) near.push_back(node);
}

void read_line(Graph& graph, const std::string& line, const GraphRequest& request,
               const std::string& where) {
  std::istringstream words(line.substr(0, line.find('#')));
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string rest;
  if (!(words >> rest)) return;
  words.clear();
  words.seekg(0);
  if (line.find('-') < line.find('#') || !(words >> from >> to) || words >> rest)
    refuse(where, "expected two numbers of workers, such as '0 3', not '" + line + "'");
  if (std::max(from, to) >= graph.size())
    refuse(where, "worker " + std::to_string(std::max(from, to)) + " of " +
                      std::to_string(graph.size()) + ": workers count from 0");
  connect(graph, from, to);
  if (!request.directed) connect(graph, to, from);
}

}  // namespace

Graph graph_of_file(const GraphRequest& request) {
  if (request.edges.empty())
    throw UserError(ExitCode::usage,
                    "training.gossip.graph = \"file\" needs training.gossip.edges, a text file of "
                    "edges: two numbers of workers a line");
  std::ifstream file(request.edges);
  if (!file) refuse(request.edges, "cannot be read; training.gossip.edges names it");
  Graph graph(request.nodes);
  std::string line;
  for (std::uint64_t number = 1; std::getline(file, line); ++number)
    read_line(graph, line, request, request.edges + ":" + std::to_string(number));
  for (std::uint32_t i = 0; i < request.nodes; ++i)
    std::ranges::sort(graph[i], {},
                      [&](std::uint32_t j) { return (j + request.nodes - i) % request.nodes; });
  return graph;
}

}  // namespace troupe
