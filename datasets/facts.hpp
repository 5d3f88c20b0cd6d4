/// What a data set's file knows about itself, computed while it was written and
/// covered by the manifest's checksum. No worker scans for any of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// More different labels than this are no classes: they are not counted.
inline constexpr std::size_t label_values_max = 64;

struct LabelCount {
  float value = 0;
  std::uint64_t rows = 0;
  bool operator==(const LabelCount&) const = default;
};

/// A class as people call it: its label in the file, and the word that stood for the
/// label where the file was imported from; empty where it was a number.
struct ClassLabel {
  float label = 0;
  std::string name = {};
  bool operator==(const ClassLabel&) const = default;
};

struct DataFacts {
  std::string path;
  bool sparse = false;
  std::uint64_t rows = 0;  ///< in the whole file
  std::uint32_t features = 0;
  std::uint64_t entries = 0;          ///< stored values, non-zeros of a sparse set
  std::uint32_t row_entries_max = 0;  ///< Omega of ROWS E3: the longest row
  float row_norm_max = 0;             ///< the largest Euclidean norm of a row
  std::uint64_t positive = 0;         ///< rows with a label > 0
  std::vector<LabelCount> labels;     ///< ascending; empty with too many values
  /// The words that the labels 0, 1, 2 and so on stand for; empty where labels are numbers.
  std::vector<std::string> label_names = {};
  std::vector<std::uint32_t>
      rows_per_feature;  ///< sparse: rows storing it; dense: rows not zero there
  std::vector<float> mean, variance, max_abs;  ///< per feature, over all rows, zeros included
  std::uint32_t manifest_crc32c = 0;           ///< names the contents: two nodes must agree on it
};

/// A half-open range of rows.
struct RowRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t size() const { return last - first; }
  bool operator==(const RowRange&) const = default;
};

/// Logical partition p of n over the range: contiguous, sizes differ by at most one.
inline RowRange partition_range(RowRange all, std::uint32_t p, std::uint32_t n) {
  const std::uint64_t base = all.size() / n;
  const std::uint64_t longer = all.size() % n;
  const std::uint64_t first = all.first + p * base + (p < longer ? p : longer);
  return {first, first + base + (p < longer ? 1 : 0)};
}

/// The last `share` of the rows validates, the rest trains.
struct Split {
  RowRange training;
  RowRange validation;
};
inline Split split_rows(std::uint64_t rows, double validation_share) {
  const auto held = static_cast<std::uint64_t>(static_cast<double>(rows) * validation_share);
  return {{0, rows - held}, {rows - held, rows}};
}

}  // namespace troupe
