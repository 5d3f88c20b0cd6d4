/// One worker descends alone; the aggregator beside it only keeps the last state
/// for evaluation and for the end. Nothing runs in parallel.
#include "topologies/drawing.hpp"

namespace troupe {

TopologyKind serial_topology() {
  return {.kind = {.name = "serial", .sentence = "one worker alone, its state kept once an epoch"},
          .fills = {{"training.exchange", std::string("state")},
                    {"training.gate", std::string("barrier")},
                    {"training.merge", std::string("mean")},
                    {"training.local_steps", std::string("epoch")}},
          .workers_max = 1,
          .draw = [](const Settings&, std::uint32_t /*workers*/) {
            return Drawing{.nodes = {{.role = Role::aggregator, .index = 0},
                                     {.role = Role::worker, .index = 0}},
                           .edges = {{.from = 0, .to = 1}, {.from = 1, .to = 0}}};
          }};
}

}  // namespace troupe
