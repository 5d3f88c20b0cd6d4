/// A sum under construction over a parameter vector: dense storage plus the list
/// of entries touched, so that sparse gradients stay sparse from row to model.
/// It never forgets an entry: what is not listed is exactly zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/block.hpp"

namespace troupe {

class Accumulator {
 public:
  explicit Accumulator(std::size_t size = 0);

  std::size_t size() const { return values_.size(); }

  /// Adds to one entry and remembers that it was touched.
  void add(std::uint32_t index, float value) {
    touch(index);
    values_[index] += value;
  }
  /// Lists an entry without changing it.
  void touch(std::uint32_t index) {
    if (dense_ || (marks_[index / 64] >> (index % 64) & 1U) != 0) return;
    marks_[index / 64] |= std::uint64_t{1} << (index % 64);
    touched_.push_back(index);
  }
  /// Lists entries that are about to be written through values(): a row at once,
  /// without a branch an entry.
  void touch(std::span<const std::uint32_t> indices);
  float at(std::uint32_t index) const { return values_[index]; }

  /// From now on every entry counts as touched; write through values().
  void make_dense() { dense_ = true; }
  bool dense() const { return dense_; }
  std::span<const std::uint32_t> touched() const { return touched_; }
  std::size_t entries() const { return dense_ ? values_.size() : touched_.size(); }

  /// Entries outside touched() must stay zero unless make_dense() was called.
  std::span<float> values() { return values_; }
  std::span<const float> values() const { return values_; }

  /// this += other, entry by entry: an absent entry adds nothing at all.
  void merge(const Accumulator& other);
  /// this += values, all of them.
  void merge(std::span<const float> values);
  void scale(float factor);
  /// Zero again at the cost of the touched entries only.
  void clear();
  bool finite() const;

 private:
  std::vector<float> values_;
  std::vector<std::uint64_t> marks_;  ///< a bit each: a cache holds those of many entries
  std::vector<std::uint32_t> touched_;
  bool dense_ = false;
};

}  // namespace troupe
