#include "datasets/rows.hpp"

#include "base/check.hpp"

namespace troupe {

Rows Rows::sparse(std::span<const std::uint64_t> offsets, const std::uint32_t* index,
                  const float* value, const float* label, std::uint32_t features) {
  Rows rows;
  rows.offsets_ = offsets.data();
  rows.index_ = index;
  rows.value_ = value;
  rows.label_ = label;
  rows.count_ = offsets.size() - 1;
  rows.features_ = features;
  return rows;
}

Rows Rows::dense(std::size_t count, const float* value, const float* label,
                 std::uint32_t features) {
  Rows rows;
  rows.value_ = value;
  rows.label_ = label;
  rows.count_ = count;
  rows.features_ = features;
  return rows;
}

Rows Rows::with_labels(const float* label) const {
  Rows rows = *this;
  rows.label_ = label;
  return rows;
}

Rows Rows::slice(std::size_t first, std::size_t count) const {
  TROUPE_CHECK(first + count, <=, count_);
  Rows part = *this;
  part.count_ = count;
  part.label_ += first;
  if (offsets_ == nullptr) {
    part.value_ += first * features_;
    return part;
  }
  const std::uint64_t skipped = offsets_[first] - offsets_[0];
  part.offsets_ += first;
  part.index_ += skipped;
  part.value_ += skipped;
  return part;
}

}  // namespace troupe
