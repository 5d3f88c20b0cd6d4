/// Views on rows in memory: what models read. Rows owns nothing and copies
/// nothing; whoever loaded the segments keeps them alive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace troupe {

/// One row. Sparse: `index` lists the features of `value`; dense: `index` is null.
struct RowView {
  const std::uint32_t* index = nullptr;
  const float* value = nullptr;
  std::uint32_t size = 0;
  float label = 0;
};

/// A range of rows. Sparse rows lie in CSR form: row i has the entries
/// [offsets[i] - offsets[0], offsets[i + 1] - offsets[0]) of index and value.
class Rows {
 public:
  static Rows sparse(std::span<const std::uint64_t> offsets, const std::uint32_t* index,
                     const float* value, const float* label, std::uint32_t features);
  static Rows dense(std::size_t count, const float* value, const float* label,
                    std::uint32_t features);
  Rows() = default;

  std::size_t size() const { return count_; }
  std::uint32_t features() const { return features_; }
  bool is_sparse() const { return offsets_ != nullptr; }

  RowView operator[](std::size_t i) const {
    if (offsets_ == nullptr) return {nullptr, value_ + i * features_, features_, label_[i]};
    const std::uint64_t begin = offsets_[i] - offsets_[0];
    return {index_ + begin, value_ + begin,
            static_cast<std::uint32_t>(offsets_[i + 1] - offsets_[i]), label_[i]};
  }
  /// Rows [first, first + count) as a view of their own.
  Rows slice(std::size_t first, std::size_t count) const;
  /// The same rows with other labels, one for each.
  Rows with_labels(const float* label) const;

 private:
  const std::uint64_t* offsets_ = nullptr;
  const std::uint32_t* index_ = nullptr;
  const float* value_ = nullptr;
  const float* label_ = nullptr;
  std::size_t count_ = 0;
  std::uint32_t features_ = 0;
};

/// Some rows of a partition, in the order in which they are to be visited.
struct Batch {
  const Rows& rows;
  std::span<const std::uint32_t> picks;

  std::size_t size() const { return picks.size(); }
  RowView operator[](std::size_t i) const { return rows[picks[i]]; }
};

}  // namespace troupe
