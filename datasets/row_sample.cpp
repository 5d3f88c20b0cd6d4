#include "datasets/row_sample.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t pieces_max = 64;
// A set of more stored values is not read whole for the sake of a few rows.
constexpr std::uint64_t entries_read_max = std::uint64_t{1} << 26U;

// Part i of n of a range, sizes differing by at most one.
RowRange part(RowRange all, std::uint64_t i, std::uint64_t n) {
  const auto edge = [&](std::uint64_t k) {
    return all.first + all.size() / n * k + std::min(k, all.size() % n);
  };
  return {edge(i), edge(i + 1)};
}

}  // namespace

RowSample::RowSample(const Dataset& set, RowRange range, std::size_t count)
    : rows_(set.facts().sparse, set.facts().features) {
  const std::uint64_t wanted = std::min<std::uint64_t>(count, range.size());
  const std::uint64_t pieces = std::min(pieces_max, wanted);
  const bool whole = set.facts().entries <= entries_read_max;
  RandomStream random(0, Purpose::initialise, 1);
  Shard shard;  // kept until the next one has taken over the segments that they share
  for (std::uint64_t piece = 0; piece < pieces; ++piece) {
    RowRange from = part(range, piece, pieces);
    const std::uint64_t rows = part({0, wanted}, piece, pieces).size();
    if (!whole) {
      from.first += random.below(from.size() - rows + 1);
      from.last = from.first + rows;
    }
    shard = set.load(from);
    // One row of each of as many strata: never a period of the data's.
    for (std::uint64_t i = 0; i < rows; ++i) {
      const RowRange stratum = part({0, from.size()}, i, rows);
      rows_.add(shard.rows()[stratum.first + random.below(stratum.size())]);
    }
  }
}

}  // namespace troupe
