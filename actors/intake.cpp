#include "actors/intake.hpp"

#include <algorithm>

#include "base/finite.hpp"
#include "base/kernels/kernels.hpp"

namespace troupe {

std::vector<std::uint32_t> covered(const std::vector<Contribution>& parts,
                                   std::uint32_t partitions) {
  std::vector<std::uint32_t> result;
  for (const Contribution& part : parts) {
    if (part.level > 31) continue;
    const std::uint64_t first = std::uint64_t{part.index} << part.level;
    const std::uint64_t last = std::min<std::uint64_t>(partitions, first + (1ULL << part.level));
    for (std::uint64_t p = first; p < last; ++p) result.push_back(static_cast<std::uint32_t>(p));
  }
  std::ranges::sort(result);
  return result;
}

bool Intake::known(std::span<const std::uint32_t> indices) const {
  return kernels().all_below(indices.data(), indices.size(),
                             static_cast<std::uint32_t>(plan_.parameters));
}

bool Intake::read(Codec& codec, Contribution& part, Partial& partial) {
  partial.partitions = part.partitions;
  partial.rows = part.rows;
  partial.loss = part.loss;
  if (plan_.descends) {
    auto* dense = std::get_if<DenseValues>(&part.payload);
    if (dense == nullptr || dense->values.size() != plan_.parameters) return false;
    partial.states = std::move(dense->values).thaw();
    return all_finite(partial.states.values());
  }
  if (plan_.unsummed) {
    auto* listed = std::get_if<SparseValues>(&part.payload);
    if (listed == nullptr || listed->indices.size() != listed->values.size()) return false;
    if (!known(listed->indices)) return false;
    partial.entries = std::move(*listed);
    return all_finite(partial.entries.values);
  }
  partial.gradients = scratch_.take();
  return codec.decode({.level = part.level, .index = part.index}, part.payload,
                      partial.gradients) &&
         partial.gradients.finite();
}

}  // namespace troupe
