#include "topologies/inspection.hpp"

#include "base/user_error.hpp"

namespace troupe {
namespace {

using Neighbours = std::vector<std::vector<std::uint32_t>>;

Neighbours neighbours(const Drawing& drawing, bool forward) {
  Neighbours near(drawing.nodes.size());
  for (const DrawingEdge& edge : drawing.edges)
    near[forward ? edge.from : edge.to].push_back(forward ? edge.to : edge.from);
  return near;
}

constexpr std::uint32_t nobody = UINT32_MAX;

/// The first node that `start` does not reach while `missing` is away, or nobody. It
/// stops as soon as all are reached, so that a complete graph is looked at once.
std::uint32_t unreached(const Neighbours& near, std::uint32_t start, std::uint32_t missing) {
  std::vector<bool> seen(near.size());
  std::vector<std::uint32_t> open{start};
  seen[start] = true;
  std::size_t left = near.size() - (missing == nobody ? 1 : 2);
  while (!open.empty() && left > 0) {
    const std::uint32_t node = open.back();
    open.pop_back();
    for (const std::uint32_t next : near[node]) {
      if (seen[next] || next == missing) continue;
      seen[next] = true;
      if (--left == 0) return nobody;
      open.push_back(next);
    }
  }
  if (left == 0) return nobody;
  for (std::uint32_t i = 0; i < near.size(); ++i)
    if (!seen[i] && i != missing) return i;
  return nobody;
}

}  // namespace

std::vector<Traffic> traffic_of(const Drawing& drawing) {
  std::vector<Traffic> traffic(drawing.nodes.size());
  for (const DrawingEdge& edge : drawing.edges) {
    traffic[edge.from].messages_out += edge.messages;
    traffic[edge.from].models_out += edge.models;
    traffic[edge.to].messages_in += edge.messages;
    traffic[edge.to].models_in += edge.models;
  }
  return traffic;
}

Unheard unheard(const Drawing& drawing) {
  if (drawing.nodes.size() < 2) return {};
  // All hear of all where all hear of the first node and it hears of all.
  const std::uint32_t deaf = unreached(neighbours(drawing, true), 0, nobody);
  if (deaf != nobody) return {.from = 0, .to = deaf, .none = false};
  const std::uint32_t mute = unreached(neighbours(drawing, false), 0, nobody);
  if (mute != nobody) return {.from = mute, .to = 0, .none = false};
  return {};
}

std::vector<std::uint32_t> single_points_of_failure(const Drawing& drawing) {
  const Neighbours forward = neighbours(drawing, true);
  const Neighbours backward = neighbours(drawing, false);
  std::vector<std::uint32_t> points;
  for (std::uint32_t i = 0; i < drawing.nodes.size(); ++i) {
    const std::uint32_t start = i == 0 ? 1 : 0;
    if (drawing.nodes[i].role == Role::aggregator || drawing.nodes.size() == 1 ||
        unreached(forward, start, i) != nobody || unreached(backward, start, i) != nobody)
      points.push_back(i);
  }
  return points;
}

std::string name_of(const DrawingNode& node) {
  return std::string(to_text(node.role)) + " " + std::to_string(node.index);
}

void refuse_disconnected(const Drawing& drawing, const std::string& topology) {
  const Unheard pair = unheard(drawing);
  if (pair.none) return;
  throw UserError(ExitCode::usage, "training.topology = \"" + topology + "\": news from " +
                                       name_of(drawing.nodes[pair.from]) + " never reaches " +
                                       name_of(drawing.nodes[pair.to]) +
                                       "; add edges until everybody hears of "
                                       "everybody");
}

}  // namespace troupe
