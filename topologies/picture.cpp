#include "topologies/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "topologies/inspection.hpp"

namespace troupe {
namespace {

constexpr std::size_t names_max = 8;
constexpr double pi = 3.14159265358979323846;

using Pairs = std::set<std::pair<std::uint32_t, std::uint32_t>>;

Pairs pairs_of(const Drawing& drawing) {
  Pairs pairs;
  for (const DrawingEdge& edge : drawing.edges) pairs.emplace(edge.from, edge.to);
  return pairs;
}

std::string names(const Drawing& drawing, const std::vector<std::uint32_t>& nodes) {
  std::string text;
  for (std::size_t i = 0; i < std::min(nodes.size(), names_max); ++i)
    text += (i == 0 ? "" : ", ") + name_of(drawing.nodes[nodes[i]]);
  if (nodes.size() > names_max) text += fmt::format(", and {} more", nodes.size() - names_max);
  return text;
}

struct Point {
  double x = 0;
  double y = 0;
};

/// Aggregators below those who tell them something, workers below all of them.
std::vector<std::uint32_t> rows_of(const Drawing& drawing) {
  const auto aggregates = [&](std::uint32_t node) {
    return drawing.nodes[node].role == Role::aggregator;
  };
  std::vector<std::uint32_t> row(drawing.nodes.size(), 0);
  for (const DrawingEdge& edge : drawing.edges)
    if (edge.from < edge.to && aggregates(edge.from) && aggregates(edge.to))
      row[edge.to] = row[edge.from] + 1;
  const std::uint32_t lowest = *std::ranges::max_element(row) + 1;
  for (std::uint32_t i = 0; i < row.size(); ++i)
    if (!aggregates(i)) row[i] = lowest;
  return row;
}

/// Equals stand on a circle, everybody else in rows.
std::vector<Point> places_of(const Drawing& drawing, double width, double height) {
  const std::size_t n = drawing.nodes.size();
  std::vector<Point> places(n);
  const bool equals = std::ranges::none_of(
      drawing.nodes, [](const DrawingNode& node) { return node.role == Role::aggregator; });
  if (equals) {
    for (std::size_t i = 0; i < n; ++i) {
      const double angle = 2 * pi * static_cast<double>(i) / static_cast<double>(n) - pi / 2;
      places[i] = {width / 2 + 0.42 * width * std::cos(angle),
                   height / 2 + 0.42 * height * std::sin(angle)};
    }
    return places;
  }
  std::map<std::uint32_t, std::vector<std::size_t>> rows;
  const std::vector<std::uint32_t> row_of = rows_of(drawing);
  for (std::size_t i = 0; i < n; ++i) rows[row_of[i]].push_back(i);
  double row = 0;
  for (const auto& [at, members] : rows) {
    for (std::size_t k = 0; k < members.size(); ++k)
      places[members[k]] = {
          width * (static_cast<double>(k) + 0.5) / static_cast<double>(members.size()),
          height * (row + 0.5) / static_cast<double>(rows.size())};
    ++row;
  }
  return places;
}

const char* colour(Role role) {
  return role == Role::aggregator ? "#d98b2b" : role == Role::worker ? "#4a7fb5" : "#5a9a68";
}

}  // namespace

std::string text_of(const Drawing& drawing) {
  const Pairs pairs = pairs_of(drawing);
  std::size_t width = 0;
  for (const DrawingNode& node : drawing.nodes) width = std::max(width, name_of(node).size());
  std::string text;
  for (std::uint32_t i = 0; i < drawing.nodes.size(); ++i) {
    std::vector<std::uint32_t> both;
    std::vector<std::uint32_t> away;
    for (auto edge = pairs.lower_bound({i, 0}); edge != pairs.end() && edge->first == i; ++edge)
      (pairs.contains({edge->second, i}) ? both : away).push_back(edge->second);
    text += fmt::format("{:<{}}", name_of(drawing.nodes[i]), width);
    if (!both.empty()) text += "  <-> " + names(drawing, both);
    if (!away.empty()) text += "  -> " + names(drawing, away);
    text += "\n";
  }
  return text;
}

std::string dot_of(const Drawing& drawing) {
  const Pairs pairs = pairs_of(drawing);
  std::string text = "digraph troupe {\n  node [style=filled, fontname=\"sans-serif\"];\n";
  for (std::uint32_t i = 0; i < drawing.nodes.size(); ++i)
    text += fmt::format("  n{} [label=\"{}\", fillcolor=\"{}\"];\n", i, name_of(drawing.nodes[i]),
                        colour(drawing.nodes[i].role));
  for (const auto& [from, to] : pairs) {
    const bool mutual = pairs.contains({to, from});
    if (!mutual) text += fmt::format("  n{} -> n{};\n", from, to);
    if (mutual && from < to) text += fmt::format("  n{} -> n{} [dir=both];\n", from, to);
  }
  return text + "}\n";
}

std::string svg_of(const Drawing& drawing) {
  const Pairs pairs = pairs_of(drawing);
  const double size = std::max(480.0, 24.0 * static_cast<double>(drawing.nodes.size()));
  const double width = std::min(size, 1600.0);
  const double height = std::min(width, 1000.0);
  const std::vector<Point> places = places_of(drawing, width, height);
  const double radius =
      std::clamp(width / static_cast<double>(drawing.nodes.size()) / 3, 3.0, 22.0);
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0f} {:.0f}\" "
      "font-family=\"sans-serif\" font-size=\"11\">\n"
      "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" "
      "markerHeight=\"7\" orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\" "
      "fill=\"#888\"/></marker></defs>\n",
      width, height);
  for (const auto& [from, to] : pairs) {
    const bool mutual = pairs.contains({to, from});
    if (mutual && from > to) continue;
    const Point a = places[from];
    const Point b = places[to];
    const double length = std::max(1.0, std::hypot(b.x - a.x, b.y - a.y));
    const double x = (b.x - a.x) / length * radius;
    const double y = (b.y - a.y) / length * radius;
    text += fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#888\"{} "
        "marker-end=\"url(#head)\"/>\n",
        a.x + x, a.y + y, b.x - x, b.y - y, mutual ? " marker-start=\"url(#head)\"" : "");
  }
  for (std::size_t i = 0; i < places.size(); ++i)
    text += fmt::format(
        "<g><title>{}</title><circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" fill=\"{}\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" fill=\"#fff\">{}</text></g>\n",
        name_of(drawing.nodes[i]), places[i].x, places[i].y, radius, colour(drawing.nodes[i].role),
        places[i].x, places[i].y + 4, drawing.nodes[i].index);
  return text + "</svg>\n";
}

}  // namespace troupe
