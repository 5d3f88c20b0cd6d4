/// The rows of a batch in their order. Draws are shuffled, so each row is a miss unless
/// asked for in time: first where many of them lie, all at once so that one miss does not
/// wait for another, then the lines of a row's entries, and from those its weights where
/// no cache holds them all. It never looks at a number.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "datasets/rows.hpp"

namespace troupe {

class Lookahead {
 public:
  /// A cache holds them.
  static bool near(std::span<const float> weights) { return weights.size() <= near_weights; }

  Lookahead(const Batch& batch, std::span<const float> weights)
      : batch_(batch), far_(near(weights) ? nullptr : weights.data()) {
    find();
    for (std::size_t i = 0; i < std::min(depth, found_); ++i) fetch(rows_[i]);
  }
  RowView next() {
    if (here_ == block) turn();
    const RowView row = rows_[here_];
    if (here_ + depth < found_) fetch(rows_[here_ + depth]);
    ++here_;
    if (far_ != nullptr && here_ < found_) fetch_weights(rows_[here_]);
    return row;
  }

 private:
  static constexpr std::size_t depth = 4;
  static constexpr std::size_t block = 32;
  static constexpr std::size_t line = 64 / sizeof(float);
  static constexpr std::size_t near_weights = std::size_t{1} << 18;  // 1 MiB
  // The processor itself follows a row that is longer than this.
  static constexpr std::size_t start = 512;

  void turn() {
    std::copy(rows_.begin() + block, rows_.begin() + static_cast<std::ptrdiff_t>(found_),
              rows_.begin());
    found_ -= block;
    here_ = 0;
    find();
  }
  void find() {
    for (; found_ < rows_.size() && position_ < batch_.size(); ++position_)
      rows_[found_++] = batch_[position_];
  }

  void fetch(const RowView& row) const {
    const std::size_t size = std::min<std::size_t>(row.size, start);
    if (row.index != nullptr)
      for (std::size_t k = 0; k < size; k += line) {
        __builtin_prefetch(row.index + k);
        __builtin_prefetch(row.value + k);
      }
    else
      for (std::size_t k = 0; k < size; k += line) __builtin_prefetch(row.value + k);
  }

  void fetch_weights(const RowView& row) const {
    if (row.index == nullptr) return;
    for (std::size_t k = 0; k < row.size; ++k) __builtin_prefetch(far_ + row.index[k]);
  }

  const Batch& batch_;
  const float* far_;
  std::size_t position_ = 0;  ///< of the batch's row that is found next
  std::size_t found_ = 0;
  std::size_t here_ = 0;
  std::array<RowView, block + depth> rows_;
};

}  // namespace troupe
