/// A copy of rows that depends on no segment: for whoever changes rows, or keeps a
/// few of many. It never shrinks; clear() keeps its memory for the next rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "datasets/rows.hpp"

namespace troupe {

class OwnedRows {
 public:
  OwnedRows() = default;
  OwnedRows(bool sparse, std::uint32_t features) : sparse_(sparse), features_(features) {}

  void reserve(std::uint64_t rows, std::uint64_t entries);
  /// The copy's values, to be changed until the next call. A dense copy of a sparse
  /// row holds its zeros too.
  std::span<float> add(const RowView& row);
  void clear();
  std::size_t size() const { return label_.size(); }
  std::size_t entries() const { return value_.size(); }
  /// Valid until the next change.
  Rows rows() const;

 private:
  bool sparse_ = false;
  std::uint32_t features_ = 0;
  std::vector<std::uint64_t> offsets_ = {0};
  std::vector<std::uint32_t> index_;
  std::vector<float> value_;
  std::vector<float> label_;
};

}  // namespace troupe
