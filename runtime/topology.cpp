/// From the configuration's choice of a topology to its drawing, which it judges by
/// shape alone.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/assemble.hpp"
#include "topologies/inspection.hpp"

namespace troupe {
namespace {

const TopologyKind& topology_of(const Config& config, const Tables& tables) {
  return tables.topologies.at(config.settings().text("training.topology"));
}

}  // namespace

Drawing draw_topology(const Config& config, const Tables& tables) {
  const Settings& settings = config.settings();
  const TopologyKind& topology = topology_of(config, tables);
  const auto workers = static_cast<std::uint32_t>(settings.integer("training.workers"));
  Drawing drawing = topology.draw(settings, std::min(workers, topology.workers_max));
  refuse_disconnected(drawing, topology.kind.name);
  return drawing;
}

void refuse_unplayed(const Config& config, const Tables& tables) {
  const TopologyKind& topology = topology_of(config, tables);
  const std::string path = topology.unplayed ? topology.unplayed(config.settings()) : "";
  if (path.empty()) return;
  config.refuse(path, fmt::format("{} is a drawing so far, for 'troupe topology show' and 'lint': "
                                  "its actors come with a later version",
                                  config.describe(path)));
}

void refuse_apart(const Config& config, const Tables& tables, const std::string& asked) {
  if (!topology_of(config, tables).shares) return;
  config.refuse("training.topology",
                fmt::format("{} is one memory in one process: leave {} out, or take "
                            "training.topology = \"server\"",
                            config.describe("training.topology"), asked));
}

}  // namespace troupe
