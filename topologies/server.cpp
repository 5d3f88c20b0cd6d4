/// One aggregator in the middle, each worker in dialogue with it. No worker knows
/// another one.
#include "topologies/drawing.hpp"

namespace troupe {

TopologyKind server_topology() {
  return {.kind = {.name = "server", .sentence = "workers in dialogue with one aggregator"},
          .draw = [](const Settings&, std::uint32_t workers) {
            Drawing drawing;
            drawing.nodes.push_back({.role = Role::aggregator, .index = 0});
            for (std::uint32_t i = 0; i < workers; ++i) {
              drawing.nodes.push_back({.role = Role::worker, .index = i});
              drawing.edges.push_back({.from = 0, .to = i + 1});
              drawing.edges.push_back({.from = i + 1, .to = 0});
            }
            return drawing;
          }};
}

}  // namespace troupe
