/// Data sets that are a function of a seed: row i depends on (seed, i) alone, so
/// that fresh rows of the same problem are another range. See docs/generators.md.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "datasets/facts.hpp"

namespace troupe {

/// Called now and then with what is done and, where known, what there is to do.
using MakingProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct Rcv1Options {
  std::uint64_t rows = 23149;
  std::uint64_t seed = 1;
  std::uint64_t first_row = 0;  ///< rows [first_row, first_row + rows) of the endless set
  std::uint32_t features = 47236;
  double noise = 0.024;  ///< share of flipped labels
  MakingProgress progress = {};
};
/// Sparse rows shaped like the news corpus RCV1. Throws UserError (exit 2 or 3).
DataFacts make_rcv1(const Rcv1Options& options, const std::string& path);

struct LinearOptions {
  std::uint64_t rows = 10000;
  std::uint64_t seed = 1;
  std::uint64_t first_row = 0;
  std::uint32_t features = 20;
  /// Labels -1 and 1: the share of flipped ones. Real ones: the standard deviation added.
  double noise = 0;
  bool real_labels = false;
  MakingProgress progress = {};
};
/// Dense standard normal rows, labelled by linear_hyperplane().
DataFacts make_linear(const LinearOptions& options, const std::string& path);
/// What makes the labels: weights of norm 1, a function of seed and features.
std::vector<float> linear_hyperplane(std::uint64_t seed, std::uint32_t features);

}  // namespace troupe
