/// Asks for rows, and for what they read, a few rows before it is their turn. It changes
/// nothing but how soon they are there.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "datasets/rows.hpp"

namespace troupe {

/// Draws come in shuffled order, so each row is a miss unless asked for in time:
/// first its offsets and label, from those the lines of its entries, and from
/// those its weights where there are too many of them for the cache.
class Lookahead {
 public:
  Lookahead(const Batch& batch, std::span<const float> weights)
      : batch_(batch), far_(weights.size() > near_weights ? weights.data() : nullptr) {
    for (std::size_t i = 0; i < std::min(depth, batch.size()); ++i) fetch(i);
  }
  RowView next() {
    const RowView row = ring_[position_ % depth];
    if (position_ + depth < batch_.size()) fetch(position_ + depth);
    ++position_;
    if (far_ != nullptr && position_ < batch_.size()) fetch_weights(ring_[position_ % depth]);
    return row;
  }

 private:
  static constexpr std::size_t depth = 4;
  static constexpr std::size_t line = 64 / sizeof(float);
  static constexpr std::size_t near_weights = std::size_t{1} << 18;  // 1 MiB
  // The processor itself follows a row that is longer than this.
  static constexpr std::size_t start = 512;

  void fetch(std::size_t i) {
    const RowView row = batch_[i];
    const std::size_t size = std::min<std::size_t>(row.size, start);
    if (row.index != nullptr)
      for (std::size_t k = 0; k < size; k += line) {
        __builtin_prefetch(row.index + k);
        __builtin_prefetch(row.value + k);
      }
    else
      for (std::size_t k = 0; k < size; k += line) __builtin_prefetch(row.value + k);
    ring_[i % depth] = row;
  }

  void fetch_weights(const RowView& row) const {
    if (row.index == nullptr) return;
    for (std::size_t k = 0; k < row.size; ++k) __builtin_prefetch(far_ + row.index[k]);
  }

  const Batch& batch_;
  const float* far_;
  std::size_t position_ = 0;
  std::array<RowView, depth> ring_;
};

}  // namespace troupe
