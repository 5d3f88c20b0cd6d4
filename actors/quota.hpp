/// What one who asks nobody for turns is to do until the run is over, by the plan alone.
#pragma once

#include <cstdint>

#include "actors/plan.hpp"

namespace troupe {

struct Quota {
  std::uint64_t exchanges = 0;
  std::uint64_t rows = 0;
};

/// Of the one who holds this partition and no other.
Quota quota_of(const Plan& plan, std::uint32_t partition);

}  // namespace troupe
