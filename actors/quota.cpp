#include "actors/quota.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace troupe {

Quota quota_of(const Plan& plan, std::uint32_t partition) {
  constexpr std::uint64_t endless = std::numeric_limits<std::uint64_t>::max();
  const auto rows_of = [&](std::uint32_t p) {
    const double rows = *plan.stop.epochs * static_cast<double>(plan.partition(p).size());
    return static_cast<std::uint64_t>(std::llround(rows));
  };
  Quota quota{.exchanges = endless, .rows = plan.stop.epochs ? rows_of(partition) : endless};
  if (plan.stop.epochs) {
    // Behind a barrier everybody takes as many as the one with most rows.
    const std::uint32_t p = plan.rounds ? 0 : partition;
    const std::uint64_t size = plan.partition(p).size();
    const std::uint64_t a_time = plan.batch * plan.local_steps;
    quota.exchanges =
        rows_of(p) / size * plan.exchanges_per_epoch(p) + (rows_of(p) % size + a_time - 1) / a_time;
  }
  // Where somebody else steps the model, steps are not ours to count.
  if (!plan.stop.steps || plan.steps_every) return quota;
  const std::uint64_t steps = *plan.stop.steps;
  const std::uint64_t mine = steps / plan.workers + (partition < steps % plan.workers ? 1 : 0);
  quota.exchanges = std::min(quota.exchanges, plan.rounds ? steps : mine);
  return quota;
}

}  // namespace troupe
