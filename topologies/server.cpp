/// One aggregator in the middle, or one for each shard of the model, and each worker
/// in dialogue with it; the first of several tells the others what to make of what they have.
/// No worker knows another one.
#include "topologies/drawing.hpp"

namespace troupe {
namespace {

std::uint32_t shards_of(const Settings& settings) {
  const std::string path = "training.server.shards";
  return settings.has(path) ? static_cast<std::uint32_t>(settings.integer(path)) : 1;
}

Drawing draw_server(const Settings& settings, std::uint32_t workers) {
  const std::uint32_t shards = shards_of(settings);
  Drawing drawing;
  for (std::uint32_t s = 0; s < shards; ++s)
    drawing.nodes.push_back({.role = Role::aggregator, .index = s});
  // An order a round, and a word for each deposit.
  for (std::uint32_t s = 1; s < shards; ++s) {
    drawing.edges.push_back({.from = 0, .to = s, .models = 0});
    drawing.edges.push_back(
        {.from = s, .to = 0, .messages = static_cast<double>(workers), .models = 0});
  }
  for (std::uint32_t w = 0; w < workers; ++w) {
    drawing.nodes.push_back({.role = Role::worker, .index = w});
    for (std::uint32_t s = 0; s < shards; ++s) {
      drawing.edges.push_back({.from = s, .to = shards + w, .models = 1.0 / shards});
      drawing.edges.push_back({.from = shards + w, .to = s, .models = 1.0 / shards});
    }
  }
  return drawing;
}

}  // namespace

TopologyKind server_topology() {
  return {
      .kind = {.name = "server",
               .sentence = "workers in dialogue with one aggregator, or with one a shard",
               .keys = {{.path = "shards",
                         .type = KeyType::integer,
                         .minimum = 1,
                         .maximum = 1024,
                         .standard = std::int64_t{1},
                         .sentence = "aggregators, each of which holds a slice of the model; with "
                                     "nodes, the second and further ones live on one node after "
                                     "the other"}}},
      .slices = shards_of,
      .draw = draw_server};
}

}  // namespace troupe
