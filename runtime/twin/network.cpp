#include "runtime/twin/network.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {
namespace {

/// What waits for an answer in vain is sent again after so long, and then after twice as
/// long each time, as TCP does.
constexpr double first_resend_seconds = 0.2;
constexpr double longest_resend_seconds = 120;

bool cuts_off(const Fault& fault, const std::optional<Network::End>& end) {
  return end && end->worker == fault.worker && end->born <= fault.at;
}

}  // namespace

const LinkPace* Network::link(const Way& way) const {
  if (way.inside) return nullptr;
  const auto names = [&](const LinkPace& link) {
    return (!link.from || *link.from == way.from) && (!link.to || *link.to == way.to);
  };
  const auto last = std::find_if(pace_.links.rbegin(), pace_.links.rend(), names);
  return last == pace_.links.rend() ? nullptr : &*last;
}

double Network::through(const Way& way, double now) const {
  if (way.inside) return now;
  double open = now;
  for (const Fault& fault : pace_.faults) {
    if (fault.what != Mishap::cut || fault.at > open || fault.over() <= open) continue;
    if (cuts_off(fault, way.sender) || cuts_off(fault, way.receiver)) open = fault.over();
  }
  return open;
}

Network::Passage Network::send(const Way& way, double now, std::size_t bytes) {
  const LinkPace* const link = this->link(way);
  Edge& edge = edges_[std::uint64_t{way.from} << 32 | way.to];
  RandomStream stream(pace_.seed, Purpose::delay, way.from, way.to, edge.count++);
  const Distribution& delay = link != nullptr && link->delay ? *link->delay : pace_.delay;
  const double takes = delay.draw(stream);
  double leaves = now;
  if (link != nullptr && link->bytes_per_second > 0) {
    edge.free = std::max(edge.free, now) + static_cast<double>(bytes) / link->bytes_per_second;
    leaves = edge.free;
  }
  const double open = through(way, leaves);
  if (std::isinf(open)) return {.arrives = open};
  const double loss = link != nullptr ? link->loss : 0;
  double patience = first_resend_seconds;
  while (leaves < open || (loss > 0 && stream.uniform() < loss)) {
    leaves += patience;
    patience = std::min(2 * patience, longest_resend_seconds);
  }
  double arrives = leaves + takes;
  if (link != nullptr && stream.uniform() < link->reordering) arrives += delay.draw(stream);
  edge.last = std::max(edge.last, arrives);
  Passage passage{.arrives = edge.last};
  if (link != nullptr && stream.uniform() < link->duplicates)
    passage.again = edge.last + delay.draw(stream);
  return passage;
}

}  // namespace troupe
