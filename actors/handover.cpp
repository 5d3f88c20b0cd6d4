#include "actors/handover.hpp"

#include <algorithm>

namespace troupe {
std::vector<Cursor> cursors_at(const Plan& plan, const std::vector<std::uint64_t>& steps) {
  std::vector<Cursor> cursors;
  for (std::uint32_t p = 0; p < steps.size(); ++p) {
    const Passage next = plan.passage(p, steps[p]);
    cursors.push_back({.epoch = next.epoch, .position = next.positions.first});
  }
  return cursors;
}

void take_over(Ledger& ledger, const Plan& plan) {
  if (!plan.opening) return;
  const Handover& left = *plan.opening;
  ledger.open(left.progress, left.discarded);
  for (std::uint32_t i = 0; i < left.computed.size(); ++i)
    ledger.earlier(plan.worker(i), left.computed[i]);
}

void take_over(Update& update, const Plan& plan) {
  if (!plan.opening) return;
  const std::span<const float> left = plan.slice_of(plan.opening->memory.values());
  const std::span<float> memory = update.memory();
  if (left.size() == memory.size()) std::ranges::copy(left, memory.begin());
}

SharedBlock memory_of(Update& update) {
  const std::span<const float> memory = update.memory();
  return memory.empty() ? SharedBlock() : Block::copy_of(memory).freeze();
}

std::uint64_t computed_before(const Plan& plan, std::uint32_t worker) {
  return plan.opening && worker < plan.opening->computed.size() ? plan.opening->computed[worker]
                                                                : 0;
}

bool unfinished(const Plan& plan, std::uint64_t draws, std::uint64_t updates) {
  const std::optional<std::uint64_t> planned = plan.draws_planned();
  return (!planned || draws < *planned) && (!plan.stop.steps || updates < *plan.stop.steps);
}

Handover handed_over(const Plan& plan, const Final& final,
                     const std::vector<std::uint64_t>& computed) {
  Handover left{.model = final.model,
                .memory = final.memory,
                .version = final.version,
                .cursors = final.cursors,
                .progress = final.progress,
                .discarded = final.discarded,
                .computed = computed};
  left.progress.staleness.clear();
  std::uint64_t accounted = left.progress.delivered;
  for (const Count& count : left.discarded) accounted += count.rows;
  std::uint64_t all = 0;
  for (const std::uint64_t rows : computed) all += rows;
  // Where nobody waited any longer.
  if (all > accounted) left.discarded.push_back({"cut short", all - accounted});
  left.cursors.resize(plan.partitions);
  return left;
}

}  // namespace troupe
