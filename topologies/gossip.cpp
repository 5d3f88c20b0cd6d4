/// Peers that tell each other their states along the edges of a graph. Nobody holds
/// the model, and nobody ever waits for one who does.
#include "topologies/drawing.hpp"
#include "topologies/graph.hpp"

namespace troupe {
namespace {

constexpr const char* graph_key = "training.gossip.graph";
constexpr const char* peers_key = "training.gossip.peers";

Graph graph_of(const Settings& settings, std::uint32_t workers) {
  GraphRequest request{
      .nodes = workers,
      .directed = settings.flag("training.gossip.directed"),
      .degree = static_cast<std::uint32_t>(settings.integer("training.gossip.degree")),
      .seed = static_cast<std::uint64_t>(settings.integer("seed"))};
  if (settings.has("training.gossip.edges")) request.edges = settings.text("training.gossip.edges");
  const std::string name = settings.text(graph_key);
  for (const GraphShape& shape : graph_shapes())
    if (shape.name == name) return shape.make(request);
  return {};
}

Drawing draw_gossip(const Settings& settings, std::uint32_t workers) {
  const Graph graph = graph_of(settings, workers);
  const std::string peers = settings.text(peers_key);
  Drawing drawing{.nodes = {}, .edges = {}, .agrees = false};
  drawing.listeners = peers == "all"   ? Listeners::all
                      : peers == "one" ? Listeners::one_in_turn
                                       : Listeners::one_at_random;
  for (std::uint32_t i = 0; i < workers; ++i) {
    drawing.nodes.push_back({.role = Role::peer, .index = i});
    const double share = peers == "all" ? 1.0 : 1.0 / static_cast<double>(graph[i].size());
    for (const std::uint32_t j : graph[i])
      drawing.edges.push_back({.from = i, .to = j, .messages = share, .models = share});
  }
  return drawing;
}

std::vector<std::string> shape_names() {
  std::vector<std::string> names;
  for (const GraphShape& shape : graph_shapes()) names.push_back(shape.name);
  return names;
}

}  // namespace

TopologyKind gossip_topology() {
  return {
      .kind =
          {.name = "gossip",
           .sentence = "peers that send their states to neighbours in a graph",
           .keys = {{.path = "graph",
                     .type = KeyType::choice,
                     .choices = shape_names(),
                     .standard = std::string("complete"),
                     .sentence = "who knows whom: everybody all others, the next ones on a "
                                 "ring, those 1, 2, 4, ... ahead, on a grid closed to a torus, "
                                 "a random graph, or a file"},
                    {.path = "peers",
                     .type = KeyType::choice,
                     .choices = {"all", "one", "random"},
                     .standard = std::string("random"),
                     .sentence = "to whom of these a peer sends in an exchange: to all, to one "
                                 "after the other in turn, or to one at random"},
                    {.path = "directed",
                     .type = KeyType::flag,
                     .standard = false,
                     .sentence = "keeps only the edges forward (ring, exponential, torus), or "
                                 "takes those of a file as they are written"},
                    {.path = "degree",
                     .type = KeyType::integer,
                     .minimum = 1,
                     .maximum = 1e5,
                     .standard = std::int64_t{4},
                     .sentence = "graph random: how many neighbours each has"},
                    {.path = "edges",
                     .sentence = "graph file: a text file, two workers' numbers a line"},
                    {.path = "result",
                     .type = KeyType::choice,
                     .choices = {"first", "consensus"},
                     .standard = std::string("consensus"),
                     .sentence =
                         "the model in the end: that of the first worker, or the mean of all"}}},
      .fills = {{"training.exchange", std::string("state")},
                {"training.gate", std::string("open")},
                {"training.merge", std::string("parzen")}},
      .peers = true,
      .first_counts =
          [](const Settings& settings) {
            return settings.text("training.gossip.result") == "first";
          },
      .draw = draw_gossip};
}

}  // namespace troupe
