#include "runtime/twin/virtual_memory.hpp"

#include <algorithm>

namespace troupe {

VirtualMemory::VirtualMemory(const Plan& plan)
    : locks(plan.sharing->writes == Sharing::Writes::lock),
      model_(Block::zeros(plan.parameters)),
      gradients_(Block::zeros(plan.stands ? plan.parameters : 0)),
      copy_(plan.parameters) {
  plan.begin(model_.values());
  if (plan.opening) rows_ = plan.opening->progress.delivered;
}

std::span<const float> VirtualMemory::values(Part part) const {
  return part == Part::model ? model_.values() : gradients_.values();
}

VirtualMemory::Change VirtualMemory::compute(Part part, const SharedMemory::Work& work) {
  const std::span<const float> before = values(part);
  const std::span<float> after = copy_.values();
  std::ranges::copy(before, after.begin());
  work({.values = after});
  Change change{.part = part, .entries = {}};
  for (std::uint32_t i = 0; i < after.size(); ++i)
    if (after[i] != before[i]) change.entries.push_back({i, before[i], after[i]});
  return change;
}

void VirtualMemory::apply(const Change& change) {
  const std::span<float> now = block(change.part).values();
  for (const auto& [index, before, after] : change.entries)
    now[index] = now[index] == before ? after : now[index] + (after - before);
}

}  // namespace troupe
