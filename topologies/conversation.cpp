#include "topologies/conversation.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace troupe {

Conversation::Conversation(const Drawing& drawing, std::uint64_t seed)
    : listeners_(drawing.listeners),
      seed_(seed),
      out_(drawing.nodes.size()),
      in_(drawing.nodes.size()) {
  const auto peer = [&](std::uint32_t node) { return drawing.nodes[node].role == Role::peer; };
  for (const DrawingEdge& edge : drawing.edges) {
    if (!peer(edge.from) || !peer(edge.to)) continue;
    out_[edge.from].push_back(edge.to);
    in_[edge.to].push_back(edge.from);
  }
  for (auto& near : in_) std::ranges::sort(near);
  mutual_ = listeners_ == Listeners::all;
  for (std::uint32_t i = 0; i < out_.size() && mutual_; ++i)
    mutual_ = out_[i].size() == in_[i].size() && std::ranges::all_of(out_[i], [&](std::uint32_t j) {
                return std::ranges::binary_search(in_[i], j);
              });
}

std::uint32_t Conversation::chosen(std::uint32_t node, std::uint64_t exchange) const {
  const auto& near = out_[node];
  if (listeners_ == Listeners::one_in_turn) return near[exchange % near.size()];
  return near[RandomStream(seed_, Purpose::gossip, node, exchange).below(near.size())];
}

std::vector<std::uint32_t> Conversation::listeners(std::uint32_t node,
                                                   std::uint64_t exchange) const {
  if (listeners_ == Listeners::all || out_[node].empty()) return out_[node];
  return {chosen(node, exchange)};
}

std::vector<MixingWeight> Conversation::hears(std::uint32_t node, std::uint64_t exchange) const {
  std::vector<MixingWeight> heard;
  const auto degree = [this](std::uint32_t i) { return static_cast<double>(out_[i].size()); };
  double kept = 1;
  for (const std::uint32_t from : in_[node]) {
    if (listeners_ != Listeners::all && chosen(from, exchange) != node) continue;
    const double weight = mutual_ ? 1.0 / (1.0 + std::max(degree(from), degree(node)))
                          : listeners_ == Listeners::all ? 1.0 / (1.0 + degree(from))
                                                         : 0.5;
    heard.push_back({from, weight});
    kept -= weight;
  }
  if (!mutual_)
    kept = out_[node].empty()             ? 1.0
           : listeners_ == Listeners::all ? 1.0 / (1.0 + degree(node))
                                          : 0.5;
  heard.push_back({node, kept});
  std::ranges::sort(heard, {}, &MixingWeight::from);
  return heard;
}

}  // namespace troupe
