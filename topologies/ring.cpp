/// Peers in a ring that reduce together: n - 1 messages each to sum up and n - 1 to
/// hand round, a part of the model in each (Patarasuk, Yuan 2009). It has no middle.
#include "topologies/drawing.hpp"

namespace troupe {

TopologyKind ring_topology() {
  return {.kind = {.name = "ring",
                   .sentence = "peers that sum up around a ring, part by part, to the same model"},
          .fills = {{"training.gate", std::string("barrier")},
                    {"training.merge", std::string("mean")},
                    {"training.codec", std::string("dense")},
                    {"training.pull", std::string("dense")}},
          .peers = true,
          .reduces = true,
          .first_counts = [](const Settings&) { return true; },
          .draw =
              [](const Settings&, std::uint32_t workers) {
                Drawing drawing;
                const double messages = 2.0 * (workers - 1.0);
                for (std::uint32_t i = 0; i < workers; ++i) {
                  drawing.nodes.push_back({.role = Role::peer, .index = i});
                  if (workers > 1)
                    drawing.edges.push_back({.from = i,
                                             .to = (i + 1) % workers,
                                             .messages = messages,
                                             .models = messages / workers});
                }
                return drawing;
              }};
}

}  // namespace troupe
