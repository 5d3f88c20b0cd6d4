#include "base/accumulator.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/finite.hpp"

namespace troupe {
Accumulator::Accumulator(std::size_t size) : values_(size, 0.0F), marks_((size + 63) / 64, 0) {}

void Accumulator::touch(std::span<const std::uint32_t> indices) {
  if (dense_) return;
  // Whether an entry is new is a coin toss: always write it, keep it if it was.
  const std::size_t before = touched_.size();
  touched_.resize(before + indices.size());
  std::uint32_t* end = touched_.data() + before;
  std::uint64_t* const marks = marks_.data();
  for (const std::uint32_t index : indices) {
    *end = index;
    std::uint64_t& mark = marks[index / 64];
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    end += (mark & bit) == 0 ? 1 : 0;
    mark |= bit;
  }
  touched_.resize(static_cast<std::size_t>(end - touched_.data()));
}

void Accumulator::merge(const Accumulator& other) {
  TROUPE_CHECK(values_.size(), ==, other.values_.size());
  if (other.dense_) {
    merge(other.values());
    return;
  }
  for (const std::uint32_t index : other.touched_) add(index, other.values_[index]);
}

void Accumulator::merge(std::span<const float> values) {
  TROUPE_CHECK(values_.size(), ==, values.size());
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] += values[i];
  make_dense();
}

void Accumulator::scale(float factor) {
  if (dense_) {
    for (float& value : values_) value *= factor;
    return;
  }
  for (const std::uint32_t index : touched_) values_[index] *= factor;
}

void Accumulator::clear() {
  for (const std::uint32_t index : touched_) marks_[index / 64] = 0;
  if (dense_)
    std::ranges::fill(values_, 0.0F);
  else
    for (const std::uint32_t index : touched_) values_[index] = 0.0F;
  touched_.clear();
  dense_ = false;
}

bool Accumulator::finite() const {
  if (dense_) return all_finite(values_);
  float sum = 0.0F;
  for (const std::uint32_t index : touched_) sum += values_[index] - values_[index];
  return sum == 0.0F;
}

}  // namespace troupe
