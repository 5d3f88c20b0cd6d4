/// Brings rows to a common scale, by statistics of the training rows or each by its
/// own length. A row comes out the same to the bit whatever it is loaded with, and
/// every number stays finite. It never looks at a label.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"

namespace troupe {

struct Normalisation {
  std::string kind = "none";   ///< none, standardise, max_abs or unit_rows
  std::vector<float> shift;    ///< standardise: each feature's mean, taken off
  std::vector<float> divisor;  ///< standardise: deviation, max_abs: largest value; never 0
  /// Features that are the same (standardise) or 0 (max_abs) in every training row:
  /// they are divided by 1.
  std::uint32_t constant = 0;

  bool acts() const { return kind != "none"; }
  /// Values of a row, one for each entry of `row`, in place.
  void apply(const RowView& row, std::span<float> values) const;
  /// Zeros become something else: rows cannot stay sparse.
  bool fills_zeros() const { return !shift.empty(); }
  bool operator==(const Normalisation&) const = default;
};

/// The words that `kind` may be.
const std::vector<std::string>& normalisations();

/// Statistics of these rows, in their order, one cut in memory at a time: a function
/// of the rows alone. Standardise is for dense rows only.
Normalisation measure(const std::string& kind, const Dataset& set, RowRange range);

/// The same set with every row normalised, its facts as well. A shard owns its rows;
/// those that it was made of are let go cut by cut.
std::shared_ptr<const Dataset> normalised(std::shared_ptr<const Dataset> set,
                                          std::shared_ptr<const Normalisation> how);

}  // namespace troupe
