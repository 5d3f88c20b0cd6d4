/// What tests of the base compute with: numbers from a seed, and the levels that this CPU has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/kernels/kernels.hpp"
#include "base/random.hpp"

namespace troupe {

inline std::vector<float> normal(std::size_t size, std::uint64_t seed) {
  RandomStream random(seed, Purpose::test);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

inline std::vector<CpuLevel> levels() {
  std::vector<CpuLevel> result;
  for (const CpuLevel level : {CpuLevel::v2, CpuLevel::v3, CpuLevel::v4})
    if (level <= best_cpu_level()) result.push_back(level);
  return result;
}

}  // namespace troupe
