/// Each worker descends alone to the end and sends its state once; the mean of all is
/// the model (Zinkevich, Weimer, Smola, Li 2010). No state ever comes back.
#include "topologies/drawing.hpp"

namespace troupe {
namespace {

Drawing draw_oneshot(const Settings& /*settings*/, std::uint32_t workers) {
  Drawing drawing;
  for (std::uint32_t i = 0; i < workers; ++i) {
    drawing.nodes.push_back({.role = Role::peer, .index = i});
    drawing.edges.push_back({.from = i, .to = workers});
    drawing.edges.push_back({.from = workers, .to = i, .models = 0});  // leave to begin
  }
  drawing.nodes.push_back({.role = Role::aggregator, .index = 0});
  return drawing;
}

}  // namespace

TopologyKind oneshot_topology() {
  return {
      .kind = {.name = "oneshot",
               .sentence = "workers descend alone to the end, and the mean of all is the model"},
      .fills = {{"training.exchange", std::string("state")},
                {"training.gate", std::string("open")},
                {"training.merge", std::string("mean")},
                {"training.local_steps", std::string("epoch")}},
      .peers = true,
      .draw = draw_oneshot};
}

}  // namespace troupe
