#include "algorithms/exact_sum.hpp"

#include <algorithm>
#include <bit>
#include <climits>
#include <cmath>

#include "base/check.hpp"

namespace troupe {
namespace {

/// Of a sum's magnitude; the 64th bit is the sign.
constexpr int bits = 62;

}  // namespace

int exponent_of(std::span<const float> values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  int exponent = INT_MIN;
  if (largest > 0) std::frexp(largest, &exponent);
  return exponent;
}

ExactSum::ExactSum(std::size_t size, int exponent, std::uint64_t terms)
    : exponent_(exponent),
      shift_(exponent == INT_MIN
                 ? 0
                 : bits - exponent -
                       static_cast<int>(std::bit_width(std::max<std::uint64_t>(terms, 1) - 1))),
      sums_(size, 0) {}

bool ExactSum::add(std::span<const float> values) {
  TROUPE_CHECK(values.size(), ==, sums_.size());
  const bool fits = std::ranges::all_of(values, [this](float value) {
    return std::isfinite(value) && (value == 0 || exponent_of({&value, 1}) <= exponent_);
  });
  if (!fits) return false;
  for (std::size_t i = 0; i < values.size(); ++i)
    sums_[i] += std::llrint(std::ldexp(static_cast<double>(values[i]), shift_));
  return true;
}

void ExactSum::merge(const ExactSum& other) {
  TROUPE_CHECK(shift_, ==, other.shift_);
  TROUPE_CHECK(sums_.size(), ==, other.sums_.size());
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += other.sums_[i];
}

void ExactSum::read(std::span<float> values) const {
  TROUPE_CHECK(values.size(), ==, sums_.size());
  // A double has 53 bits: what is cut off is far below a float's last one.
  for (std::size_t i = 0; i < sums_.size(); ++i)
    values[i] = static_cast<float>(std::ldexp(static_cast<double>(sums_[i]), -shift_));
}

}  // namespace troupe
