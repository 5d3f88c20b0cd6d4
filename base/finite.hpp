/// Whether numbers are fit to be added to a model.
#pragma once

#include <span>

namespace troupe {

/// x - x is zero for every finite x and NaN otherwise: no branch an entry.
inline bool all_finite(std::span<const float> values) {
  float sum = 0.0F;
  for (const float value : values) sum += value - value;
  return sum == 0.0F;
}

}  // namespace troupe
