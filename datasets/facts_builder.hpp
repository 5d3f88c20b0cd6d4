/// Computes a data set's facts while its rows stream by. It keeps nothing of
/// the rows but sums per feature, so memory does not grow with their number.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "datasets/facts.hpp"
#include "datasets/rows.hpp"

namespace troupe {

class FactsBuilder {
 public:
  FactsBuilder(bool sparse, std::uint32_t features) : sparse_(sparse) { grow(features); }

  /// Features beyond those known so far make the set wider.
  void add(const RowView& row);
  /// All but path and manifest_crc32c.
  DataFacts finish() const;

 private:
  // Sums are taken about the feature's first value, or a large mean would
  // swallow a small variance. Half a cache line each.
  struct Column {
    std::uint64_t rows = 0;
    double sum = 0;
    double square = 0;
    float first = 0;
    float max_abs = 0;
  };
  // The same of a dense set, an array for each, so that wide registers do several
  // features at once. Rows are counted in doubles, exactly.
  struct Columns {
    std::vector<double> rows, sum, square, first;
    std::vector<float> max_abs;
  };
  void grow(std::uint32_t features);
  double add_sparse(const RowView& row);
  double add_dense(const RowView& row);
  void add_label(float label);
  Column column(std::size_t feature) const;

  bool sparse_;
  std::vector<Column> columns_;
  Columns dense_;
  std::uint32_t features_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t positive_ = 0;
  std::uint32_t row_entries_max_ = 0;
  float row_norm_max_ = 0;
  std::map<float, std::uint64_t> labels_;
  bool too_many_labels_ = false;
};

}  // namespace troupe
