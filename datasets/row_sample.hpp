/// A bounded copy of rows from all over a range, for whoever must see some rows
/// before the first step. It is a function of the data alone: every process that
/// asks gets the same rows.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/dataset.hpp"
#include "datasets/owned_rows.hpp"

namespace troupe {

class RowSample {
 public:
  RowSample() = default;
  /// At most `count` rows of the range, in the order of the file; all of them when
  /// there are no more. Of a set larger than a bound only some pieces are read.
  RowSample(const Dataset& set, RowRange range, std::size_t count);

  /// Lives as long as this does.
  Rows rows() const { return rows_.rows(); }

 private:
  OwnedRows rows_;
};

}  // namespace troupe
