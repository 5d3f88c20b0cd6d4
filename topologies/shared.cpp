/// Workers read and write one memory; an aggregator beside it counts, evaluates and
/// ends the run. No parameters travel, so it never leaves one process.
#include "topologies/drawing.hpp"

namespace troupe {

TopologyKind shared_topology() {
  return {.kind = {.name = "shared",
                   .sentence = "workers on one memory, in one process",
                   .keys = {{.path = "access",
                             .type = KeyType::choice,
                             .choices = {"store", "add", "lock"},
                             .standard = std::string("store"),
                             .sentence = "how a worker writes: store may lose what another one "
                                         "adds meanwhile, add loses nothing, lock lets one in at "
                                         "a time"}}},
          .draw =
              [](const Settings&, std::uint32_t workers) {
                Drawing drawing{.nodes = {{.role = Role::aggregator, .index = 0}}, .edges = {}};
                for (std::uint32_t w = 0; w < workers; ++w) {
                  drawing.nodes.push_back({.role = Role::worker, .index = w});
                  drawing.edges.push_back({.from = 0, .to = w + 1, .models = 0});
                  drawing.edges.push_back({.from = w + 1, .to = 0, .models = 0});
                }
                return drawing;
              },
          .unplayed = [](const Settings&) { return std::string("training.topology"); }};
}

}  // namespace troupe
