/// Cuts a data set into parts by drawing rows: a function of the seed, one segment
/// in memory at a time. It never puts a row into two parts or into none.
#pragma once

#include <string>
#include <vector>

#include "datasets/facts.hpp"
#include "datasets/generators.hpp"

namespace troupe {

struct SplitOptions {
  /// Positive, one for each part, 1 together. Empty: 0.8 and 0.2 of two parts, equal ones of more.
  std::vector<double> shares = {};
  bool stratified = false;  ///< the shares hold for each label, not only for all rows
  std::uint64_t seed = 1;
  MakingProgress progress = {};
};

/// Rows keep their order in each part. Throws UserError: exit 2 for parts that
/// cannot be, exit 3 for files; no part is left behind then.
std::vector<DataFacts> split_file(const std::string& path, const std::vector<std::string>& parts,
                                  const SplitOptions& options);

/// `rows` in whole numbers by shares: the largest remainders get what rounding left.
std::vector<std::uint64_t> rows_by_share(std::uint64_t rows, const std::vector<double>& shares);

}  // namespace troupe
