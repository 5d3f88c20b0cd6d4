#include "datasets/sampler.hpp"

#include <numeric>

#include "base/check.hpp"
#include "base/random.hpp"

namespace troupe {

std::span<const std::uint32_t> Sampler::draw(std::uint64_t epoch, std::uint64_t first,
                                             std::uint64_t last) {
  TROUPE_CHECK(last, <=, rows_);
  if (epoch != epoch_) {
    order_.resize(rows_);
    epoch_ = epoch;
    if (kind_.replacement) {
      RandomStream stream(seed_, Purpose::replacement, partition_, epoch);
      for (std::uint32_t& row : order_) row = static_cast<std::uint32_t>(stream.below(rows_));
    } else {
      std::iota(order_.begin(), order_.end(), 0U);
      if (kind_.shuffle == Shuffle::local)
        shuffle(order_, RandomStream(seed_, Purpose::shuffle, partition_, epoch));
    }
  }
  return std::span<const std::uint32_t>(order_).subspan(first, last - first);
}

}  // namespace troupe
