#include "runtime/watch/gauge.hpp"

#include <algorithm>

namespace troupe {

void Gauge::fill(Condition& condition) {
  condition.events = events_;
  condition.rows = rows_;
  if (condition.steps == 0) condition.steps = steps_;
  for (ActorId to = 0; to < traffic_.size(); ++to) {
    const Counts& edge = traffic_[to];
    if (edge.messages > 0)
      condition.traffic.push_back({.to = to,
                                   .messages = edge.messages,
                                   .bytes = edge.bytes,
                                   .delay_seconds = static_cast<double>(edge.delay)});
  }
  const std::uint64_t kept = events_ < last_.size() ? 0 : events_ - last_.size();
  for (std::uint64_t n = std::max(told_, kept); n < events_; ++n) {
    const Past& past = last_[n % last_.size()];
    condition.happenings.push_back(
        {.number = n + 1, .t = past.t, .what = past.what, .other = past.other});
  }
  told_ = events_;
}

}  // namespace troupe
