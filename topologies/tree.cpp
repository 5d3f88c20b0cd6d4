/// A tree of aggregators above the workers: each sums up what is below it and passes
/// it on, so that the root hears few. Only the root holds the model.
#include <algorithm>
#include <utility>

#include "topologies/drawing.hpp"

namespace troupe {
namespace {

/// Who stands directly below an aggregator: positions among its level.
using Level = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// Levels of aggregators, the lowest first; the last one is the root alone.
std::vector<Level> levels_over(std::uint32_t leaves, std::uint32_t fanout) {
  std::vector<Level> levels;
  for (std::uint32_t below = leaves;;) {
    Level level;
    for (std::uint32_t first = 0; first < below; first += fanout)
      level.emplace_back(first, std::min(below, first + fanout));
    below = static_cast<std::uint32_t>(level.size());
    levels.push_back(std::move(level));
    if (below == 1) return levels;
  }
}

Drawing draw_tree(const Settings& settings, std::uint32_t workers) {
  const auto fanout = static_cast<std::uint32_t>(settings.integer("training.tree.fanout"));
  const std::vector<Level> levels = levels_over(workers, fanout);
  Drawing drawing;
  std::vector<std::uint32_t> first_of(levels.size());  // positions, the root in front
  for (std::size_t i = levels.size(); i-- > 0;) {
    first_of[i] = static_cast<std::uint32_t>(drawing.nodes.size());
    for (std::size_t k = 0; k < levels[i].size(); ++k)
      drawing.nodes.push_back(
          {.role = Role::aggregator, .index = static_cast<std::uint32_t>(drawing.nodes.size())});
  }
  const auto first_worker = static_cast<std::uint32_t>(drawing.nodes.size());
  for (std::uint32_t w = 0; w < workers; ++w)
    drawing.nodes.push_back({.role = Role::worker, .index = w});
  for (std::size_t i = levels.size(); i-- > 0;)
    for (std::uint32_t k = 0; k < levels[i].size(); ++k)
      for (std::uint32_t c = levels[i][k].first; c < levels[i][k].second; ++c) {
        const std::uint32_t child = (i == 0 ? first_worker : first_of[i - 1]) + c;
        drawing.edges.push_back({.from = first_of[i] + k, .to = child});
        drawing.edges.push_back({.from = child, .to = first_of[i] + k});
      }
  return drawing;
}

}  // namespace

TopologyKind tree_topology() {
  return {.kind = {.name = "tree",
                   .sentence = "a tree of aggregators that sum up, workers at its leaves",
                   .keys = {{.path = "fanout",
                             .type = KeyType::integer,
                             .minimum = 2,
                             .maximum = 1024,
                             .standard = std::int64_t{2},
                             .sentence = "how many an aggregator has below it at most"}}},
          .relays = true,
          .draw = draw_tree};
}

}  // namespace troupe
