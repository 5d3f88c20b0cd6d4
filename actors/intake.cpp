#include "actors/intake.hpp"

#include "base/finite.hpp"
#include "base/kernels/kernels.hpp"

namespace troupe {

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
