#include "actors/publication.hpp"

#include <utility>

#include "base/finite.hpp"

namespace troupe {

Publication::Publication(std::size_t parameters, PullKind pull)
    : model_(Block::zeros(parameters)),
      changed_at_(pull == PullKind::changed ? parameters : 0, std::uint64_t{1}) {}

void Publication::advance(const Accumulator* touched) {
  ++version_;
  if (touched == nullptr || touched->dense())
    all_changed_at_ = version_;
  else if (!changed_at_.empty())
    for (const std::uint32_t index : touched->touched()) changed_at_[index] = version_;
}

bool Publication::finite(const Accumulator* touched) const {
  const std::span<const float> model = model_.values();
  if (touched == nullptr || touched->dense()) return all_finite(model);
  float sum = 0.0F;
  for (const std::uint32_t index : touched->touched()) sum += model[index] - model[index];
  return sum == 0.0F;
}

SharedBlock Publication::snapshot() {
  if (snapshot_version_ != version_) {
    snapshot_ = Block::copy_of(model_.values()).freeze();
    snapshot_version_ = version_;
  }
  return snapshot_;
}

Payload Publication::listed(std::vector<std::uint32_t> features) const {
  SparseValues listed{.indices = std::move(features), .values = {}};
  listed.values.reserve(listed.indices.size());
  const std::span<const float> model = model_.values();
  for (const std::uint32_t index : listed.indices) listed.values.push_back(model[index]);
  return listed;
}

Payload Publication::changed_since(std::uint64_t version) {
  if (version < all_changed_at_) return dense();
  ChangedValues changed;
  const std::span<const float> model = std::as_const(model_).values();
  for (std::uint32_t index = 0; index < changed_at_.size(); ++index) {
    if (changed_at_[index] <= version) continue;
    changed.indices.push_back(index);
    changed.values.push_back(model[index]);
  }
  if (changed.indices.size() * 2 > model.size()) return dense();
  return changed;
}

}  // namespace troupe
