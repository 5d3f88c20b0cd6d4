#include "actors/publication.hpp"

#include <utility>

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

void Publication::advance(const Features& touched) {
  ++version_;
  if (changed_at_.empty()) return;
  touched.each([this](Features::Row row) {
    for (const std::uint32_t index : row) changed_at_[index] = version_;
  });
}

SharedBlock Publication::shared(std::uint64_t versions) {
  if (shared_version_ == 0 || version_ - shared_version_ > versions) {
    shared_ = {};  // its block may serve again at once
    shared_ = Block::copy_of(model_.values()).freeze();
    shared_version_ = version_;
  }
  return shared_;
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
