#include "actors/quota.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace troupe {
namespace {

constexpr std::uint64_t endless = std::numeric_limits<std::uint64_t>::max();

/// Rows of a partition when so many of all training rows are dealt out.
std::uint64_t part_of(const Plan& plan, std::uint32_t p, std::uint64_t draws) {
  const auto all = static_cast<long double>(plan.training.size());
  const RowRange rows = plan.partition(p);
  const auto before = [&](std::uint64_t row) {
    const long double share = static_cast<long double>(row - plan.training.first) / all;
    return static_cast<std::uint64_t>(std::llround(share * static_cast<long double>(draws)));
  };
  return before(rows.last) - before(rows.first);
}

std::uint64_t exchanges_for(const Plan& plan, std::uint32_t p, std::uint64_t rows) {
  const std::uint64_t size = plan.partition(p).size();
  const std::uint64_t span = plan.partition(plan.rounds ? 0 : p).size();
  const std::uint64_t a_time = plan.batch * plan.local_steps;
  const auto steps = [a_time](std::uint64_t count) { return (count + a_time - 1) / a_time; };
  const std::uint64_t position = plan.origin(p).position;
  const std::uint64_t begun = position > 0 ? size - std::min(size, position) : 0;
  if (rows <= begun) return steps(rows);
  const std::uint64_t rest = rows - begun;
  return (position > 0 ? steps(span - position) : 0) + rest / size * plan.exchanges_per_epoch(p) +
         steps(rest % size);
}

/// Of all draws that are still to come before all leave.
Quota quota_of_draws(const Plan& plan, std::uint32_t partition, std::uint64_t draws) {
  const auto exchanges = [&](std::uint32_t p) {
    return exchanges_for(plan, p, part_of(plan, p, draws));
  };
  Quota quota{.exchanges = exchanges(partition), .rows = part_of(plan, partition, draws)};
  // Behind a barrier everybody takes as many as the longest.
  for (std::uint32_t p = 0; plan.rounds && p < plan.partitions; ++p)
    quota.exchanges = std::max(quota.exchanges, exchanges(p));
  return quota;
}

}  // namespace

Quota quota_of(const Plan& plan, std::uint32_t partition) {
  const Progress done = plan.opening ? plan.opening->progress : Progress();
  std::uint64_t goal = plan.draws_planned().value_or(endless);
  if (plan.fence_epoch) goal = std::min(goal, *plan.fence_epoch * plan.training.size());
  Quota quota{.exchanges = endless, .rows = endless};
  if (goal < endless)
    quota = quota_of_draws(plan, partition, goal - std::min(goal, done.delivered));
  // Where somebody else steps the model, steps are not ours to count.
  if (!plan.stop.steps || plan.steps_every) return quota;
  const std::uint64_t steps = *plan.stop.steps - std::min(*plan.stop.steps, done.updates);
  const std::uint64_t mine = steps / plan.workers + (partition < steps % plan.workers ? 1 : 0);
  quota.exchanges = std::min(quota.exchanges, plan.rounds ? steps : mine);
  return quota;
}

}  // namespace troupe
