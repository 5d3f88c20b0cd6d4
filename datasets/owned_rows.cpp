#include "datasets/owned_rows.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace troupe {

void OwnedRows::reserve(std::uint64_t rows, std::uint64_t entries) {
  label_.reserve(rows);
  value_.reserve(entries);
  if (!sparse_) return;
  offsets_.reserve(rows + 1);
  index_.reserve(entries);
}

std::span<float> OwnedRows::add(const RowView& row) {
  const std::size_t first = value_.size();
  label_.push_back(row.label);
  if (sparse_ || row.index == nullptr) {
    TROUPE_CHECK(sparse_ || row.size == features_, ==, true);
    value_.insert(value_.end(), row.value, row.value + row.size);
  } else {
    value_.resize(first + features_);
    for (std::uint32_t k = 0; k < row.size; ++k) {
      TROUPE_CHECK(row.index[k], <, features_);
      value_[first + row.index[k]] = row.value[k];
    }
  }
  if (sparse_) {
    index_.insert(index_.end(), row.index, row.index + row.size);
    offsets_.push_back(value_.size());
  }
  return std::span(value_).subspan(first);
}

void OwnedRows::clear() {
  offsets_.resize(1);
  index_.clear();
  value_.clear();
  label_.clear();
}

Rows OwnedRows::rows() const {
  if (!sparse_) return Rows::dense(label_.size(), value_.data(), label_.data(), features_);
  return Rows::sparse(offsets_, index_.data(), value_.data(), label_.data(), features_);
}

}  // namespace troupe
