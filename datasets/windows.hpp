/// How a partition's epoch is cut into windows when it may not be in memory whole:
/// segments in an order of their own, as many at a time as a bound allows, rows mixed
/// within a window. Arithmetic only; nothing is loaded here.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "datasets/dataset.hpp"
#include "datasets/sampler.hpp"

namespace troupe {

/// Bytes that rows take in memory: labels, entries and where they begin, and the
/// row's place in the order.
std::uint64_t bytes_in_memory(const DataFacts& facts, std::uint64_t rows, std::uint64_t entries);

/// The same of a range that is loaded as a whole: its segments, and the orders of two
/// epochs.
std::uint64_t bytes_whole(const Dataset& data, RowRange range);

/// Sizes that a bound must allow for, in bytes.
struct WindowNeeds {
  std::uint64_t segment = 0;  ///< the largest one
  std::uint64_t batch = 0;    ///< of the longest rows
  /// A partition's part of a bound that just works: two windows (the one in use and
  /// the one being loaded), each with the rows of a batch that began in the one before,
  /// and a segment on its way into a window. A window without the largest segment next
  /// to it still has a batch.
  std::uint64_t least() const { return 2 * (segment + 2 * batch) + segment; }
  std::uint64_t window(std::uint64_t share) const { return (share - segment) / 2 - batch; }
};
WindowNeeds window_needs(const Dataset& data, RowRange range, std::uint64_t batch);

/// The cuts within a range; where the range's edge cuts one, its part at most.
std::vector<Cut> cuts_within(const Dataset& data, RowRange range);

/// One epoch of one partition.
class Windows {
 public:
  struct Request {
    std::uint64_t seed = 1;
    std::uint32_t partition = 0;
    SamplerKind kind = {};
    std::uint64_t batch = 1;
    std::uint64_t window_bytes = 0;
  };
  Windows(const DataFacts& facts, std::vector<Cut> cuts, const Request& request,
          std::uint64_t epoch);

  std::uint64_t epoch() const { return epoch_; }
  std::size_t size() const { return windows_.size(); }
  std::span<const Cut> cuts(std::size_t k) const;
  std::uint64_t rows(std::size_t k) const;
  std::uint64_t entries_max(std::size_t k) const;
  /// Positions of the epoch's order that a window serves. They begin and end at whole
  /// batches: rows of a batch that a window ends in are served by the next one.
  RowRange served(std::size_t k) const;
  /// Of those, how many are rows of the window before.
  std::uint64_t carried(std::size_t k) const;
  /// The window that serves a position.
  std::size_t serving(std::uint64_t position) const;
  /// The order of a window's own rows, as numbers within it.
  void order(std::size_t k, std::span<std::uint32_t> draws) const;

 private:
  struct Window {
    std::size_t first_cut;
    std::uint64_t first_position;
  };
  std::size_t cuts_end(std::size_t k) const;
  std::uint64_t positions_end(std::size_t k) const;

  Request request_;
  std::uint64_t epoch_;
  std::vector<Cut> cuts_;  ///< in the epoch's order
  std::vector<Window> windows_;
  std::uint64_t rows_ = 0;
};

}  // namespace troupe
