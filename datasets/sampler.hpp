/// The order in which a partition's rows are drawn, as a function of (seed,
/// partition, epoch). Whoever holds the partition draws the same rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troupe {

enum class Shuffle { none, local };

struct SamplerKind {
  Shuffle shuffle = Shuffle::local;
  bool replacement = false;  ///< n draws an epoch, uniform over the n rows
};

class Sampler {
 public:
  Sampler(SamplerKind kind, std::uint64_t seed, std::uint32_t partition, std::uint32_t rows)
      : kind_(kind), seed_(seed), partition_(partition), rows_(rows) {}

  /// Positions [first, last) of the epoch's order; valid until the epoch changes.
  std::span<const std::uint32_t> draw(std::uint64_t epoch, std::uint64_t first, std::uint64_t last);

 private:
  SamplerKind kind_;
  std::uint64_t seed_;
  std::uint32_t partition_;
  std::uint32_t rows_;
  std::uint64_t epoch_ = UINT64_MAX;
  std::vector<std::uint32_t> order_;
};

}  // namespace troupe
