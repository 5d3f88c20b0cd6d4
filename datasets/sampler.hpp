/// The order in which a partition's rows are drawn, as a function of (seed,
/// partition, epoch). Whoever holds the partition draws the same rows. It knows
/// numbers of rows only, never a row.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/facts.hpp"

namespace troupe {

/// Global: every epoch deals all training rows anew to the partitions.
enum class Shuffle { none, local, global };

struct SamplerKind {
  Shuffle shuffle = Shuffle::local;
  bool replacement = false;  ///< n draws an epoch, uniform over the partition's n rows
};

/// Which of the training rows are a partition's where nobody deals: `own` counts
/// from the first training row.
struct Portion {
  std::uint32_t partition = 0;
  RowRange own;
  std::uint64_t all = 0;  ///< training rows
};

class Sampler {
 public:
  Sampler(SamplerKind kind, std::uint64_t seed, Portion portion)
      : kind_(kind), seed_(seed), portion_(portion) {}

  std::uint64_t size() const { return portion_.own.size(); }
  /// The epoch's draws. They count from the partition's first row, or under a global
  /// shuffle from the first training row.
  void order(std::uint64_t epoch, std::vector<std::uint32_t>& draws) const;
  /// Rows, counted from the first training row, that are the partition's in this epoch
  /// and were not in the one before, in no order; before the first one all are its own.
  void moved(std::uint64_t epoch, std::vector<std::uint32_t>& rows) const;
  SamplerKind kind() const { return kind_; }

 private:
  void deal(std::uint64_t epoch, std::vector<std::uint32_t>& rows) const;

  SamplerKind kind_;
  std::uint64_t seed_;
  Portion portion_;
};

}  // namespace troupe
