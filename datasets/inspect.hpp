/// What a person wants to know of a data set's file: a description, and whether
/// every byte of it is right. It changes nothing.
#pragma once

#include <string>

#include "datasets/dataset.hpp"
#include "datasets/generators.hpp"

namespace troupe {

/// Statistics of ROWS U19 for rows as hyper-edges over features.
struct Sparsity {
  std::uint32_t omega = 0;  ///< entries of the longest row
  double delta = 0;         ///< share of the rows that hold the most common feature
  double rho = 0;           ///< largest share of the rows that meet one row
  std::uint64_t rows = 0;   ///< over which rho was counted, evenly spaced
};
Sparsity sparsity(const Dataset& set);

struct InspectOptions {
  bool every_feature = false;  ///< a line for each, not only for the most common ones
  MakingProgress progress = {};
};
/// Several lines: counts, density, labels, ranges of values, features, sparsity, the
/// first rows. Reads every segment, one at a time.
std::string inspect_text(const std::string& path, const InspectOptions& options = {});

/// Reads every segment. Returns a line that says so, or throws UserError
/// (exit 3) that names the first bad one.
std::string verify_file(const std::string& path, const MakingProgress& progress = {});

}  // namespace troupe
