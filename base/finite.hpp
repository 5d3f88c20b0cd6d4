/// Whether numbers are fit to be added to a model.
#pragma once

#include <cstdint>
#include <span>

#include "base/kernels/kernels.hpp"

namespace troupe {

inline bool all_finite(std::span<const float> values) {
  return kernels().finite(values.data(), values.size());
}

/// The same of the entries listed: x - x is zero for every finite x and NaN otherwise.
inline bool all_finite(std::span<const float> values, std::span<const std::uint32_t> indices) {
  float sum = 0.0F;
  for (const std::uint32_t index : indices) sum += values[index] - values[index];
  return sum == 0.0F;
}

}  // namespace troupe
