/// What became of writes into a memory that is shared, by those that were looked at: a
/// sample of all, since looking costs time.
#pragma once

#include <cstdint>
#include <tuple>

namespace troupe {

struct WriteCounts {
  std::uint64_t rows = 0;     ///< that wrote, and of which a sample is taken
  std::uint64_t checked = 0;  ///< writes
  std::uint64_t lost = 0;     ///< of these: somebody else's write went under
  static constexpr auto fields() {
    return std::tuple{&WriteCounts::rows, &WriteCounts::checked, &WriteCounts::lost};
  }
  WriteCounts& operator+=(const WriteCounts& other) {
    rows += other.rows;
    checked += other.checked;
    lost += other.lost;
    return *this;
  }
};

}  // namespace troupe
