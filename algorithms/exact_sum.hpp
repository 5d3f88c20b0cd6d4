/// A sum of vectors that no order and no grouping changes: floats become 64-bit integers
/// on one scale, agreed on before anything is added, and integers are added exactly. It
/// refuses numbers that are larger than what was agreed on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe {

/// 2^exponent is more than every magnitude in there. That of several vectors is the
/// largest of theirs; INT_MIN when all are zero.
int exponent_of(std::span<const float> values);

class ExactSum {
 public:
  /// Room for `terms` vectors of magnitudes below 2^exponent.
  ExactSum(std::size_t size, int exponent, std::uint64_t terms);

  /// False, and nothing added, when a number does not fit.
  bool add(std::span<const float> values);
  /// The same scale, other terms.
  void merge(const ExactSum& other);
  /// The integers, for whoever adds them up elsewhere.
  std::span<std::int64_t> sums() { return sums_; }
  /// Rounded once.
  void read(std::span<float> values) const;

 private:
  int exponent_;
  int shift_;  ///< what is added is value x 2^shift, to the nearest integer
  std::vector<std::int64_t> sums_;
};

}  // namespace troupe
