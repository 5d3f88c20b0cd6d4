/// An open data set: facts, and row ranges loaded into memory with exactly the
/// touched segments read and verified. It never hands out unverified bytes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datasets/facts.hpp"
#include "datasets/rows.hpp"

namespace troupe {

/// Rows in memory; the view lives as long as the shard does. Shards that come
/// from one Dataset share the segments which they have in common.
class Shard {
 public:
  Shard() = default;
  Shard(std::shared_ptr<const void> owner, Rows rows) : owner_(std::move(owner)), rows_(rows) {}
  const Rows& rows() const { return rows_; }

 private:
  std::shared_ptr<const void> owner_;
  Rows rows_;
};

/// Rows that come into memory together: asking for one of them costs them all.
struct Cut {
  RowRange rows;
  std::uint64_t entries = 0;  ///< stored values of these rows
};

class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const DataFacts& facts() const = 0;
  /// All rows in their order. One cut where nothing is saved by asking for less; a
  /// set that is made of another one hands on the other's.
  virtual std::vector<Cut> cuts() const { return {{{0, facts().rows}, facts().entries}}; }
  /// Throws UserError (exit 3) with file, dataset and segment when bytes are wrong.
  /// May be called from several threads.
  virtual Shard load(RowRange range) const = 0;
};

/// Opens our HDF5 layout and verifies its manifest. Throws UserError (exit 3).
std::shared_ptr<const Dataset> open_dataset(const std::string& path);

}  // namespace troupe
