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

bool Intake::known(const Features& features) const {
  if (features.in_place()) return true;
  bool below = true;
  features.each([&](Features::Row row) {
    below &=
        kernels().all_below(row.data(), row.size(), static_cast<std::uint32_t>(plan_.parameters));
  });
  return below;
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
    ListedValues& entries = partial.entries;
    if (auto* aligned = std::get_if<AlignedValues>(&part.payload))
      entries.values = std::move(aligned->values);
    else if (auto* listed = std::get_if<ListedValues>(&part.payload);
             listed != nullptr && listed->features.size() == listed->values.size())
      entries = std::move(*listed);
    else
      return false;
    // The quota may have cut the turn short.
    if (entries.values.size() > entries.features.size()) return false;
    entries.features.cut(entries.values.size());
    return known(entries.features) && all_finite(entries.values);
  }
  partial.gradients = scratch_.take();
  return codec.decode({.level = part.level, .index = part.index}, part.payload,
                      partial.gradients) &&
         partial.gradients.finite();
}

}  // namespace troupe
