#include "actors/publication.hpp"

#include <utility>

#include "base/kernels/kernels.hpp"

namespace troupe {

Publication::Publication(std::size_t parameters, PullKind pull)
    : model_(Block::zeros(parameters)),
      changed_at_(pull == PullKind::changed ? parameters : 0, std::uint64_t{1}) {}

void Publication::advance() { all_changed_at_ = ++version_; }

void Publication::advance(std::span<const std::uint32_t> touched) {
  ++version_;
  if (changed_at_.empty()) return;
  for (const std::uint32_t index : touched) changed_at_[index] = version_;
}

SharedBlock Publication::snapshot() {
  if (snapshot_version_ != version_) {
    snapshot_ = Block::copy_of(model_.values()).freeze();
    snapshot_version_ = version_;
  }
  return snapshot_;
}

void Publication::gather(std::span<const std::uint32_t> features, std::span<float> values) const {
  kernels().gather(features.data(), features.size(), model_.values().data(), values.data());
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
