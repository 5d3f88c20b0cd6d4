/// Each worker descends alone to the end and sends its state once; the aggregator
/// merges them (Zinkevich, Weimer, Smola, Li 2010). No state ever comes back.
#include "topologies/drawing.hpp"

namespace troupe {

TopologyKind oneshot_topology() {
  return {.kind = {.name = "oneshot",
                   .sentence = "workers descend alone to the end, one merge of their states"},
          .fills = {{"training.exchange", std::string("state")}},
          .draw =
              [](const Settings&, std::uint32_t workers) {
                Drawing drawing{.nodes = {{.role = Role::aggregator, .index = 0}}, .edges = {}};
                for (std::uint32_t w = 0; w < workers; ++w) {
                  drawing.nodes.push_back({.role = Role::worker, .index = w});
                  drawing.edges.push_back({.from = 0, .to = w + 1, .models = 0});
                  drawing.edges.push_back({.from = w + 1, .to = 0});
                }
                return drawing;
              },
          .unplayed = [](const Settings&) { return std::string("training.topology"); }};
}

}  // namespace troupe
