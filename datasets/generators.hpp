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

struct BlobsOptions {
  std::uint64_t rows = 10000;
  std::uint64_t seed = 1;
  std::uint64_t first_row = 0;
  std::uint32_t features = 10;
  std::uint32_t centres = 10;
  double noise = 1;  ///< standard deviation of each value about its centre's
  MakingProgress progress = {};
};
/// Dense rows about blob_centres(); a label is the number of the row's centre, from 0.
DataFacts make_blobs(const BlobsOptions& options, const std::string& path);
/// Centre after centre, each value uniform in [-10, 10).
std::vector<float> blob_centres(std::uint64_t seed, std::uint32_t centres, std::uint32_t features);

struct RatingsOptions {
  std::uint64_t rows = 1000;  ///< users
  std::uint64_t seed = 1;
  std::uint64_t first_row = 0;
  std::uint32_t features = 500;  ///< items
  std::uint32_t rank = 8;
  std::uint32_t per_row = 40;  ///< ratings of a user, half as many more or fewer
  double noise = 0.1;          ///< standard deviation added to the product of the factors
  MakingProgress progress = {};
};
/// Sparse: row = user, index = item, value = rating; all labels are 0.
DataFacts make_ratings(const RatingsOptions& options, const std::string& path);

inline constexpr std::uint32_t digit_side = 28;
struct DigitsOptions {
  std::uint64_t rows = 10000;
  std::uint64_t seed = 1;
  std::uint64_t first_row = 0;
  double noise = 0.1;  ///< standard deviation added to each pixel before it is cut to [0, 1]
  MakingProgress progress = {};
};
/// Dense images of 28 x 28 in [0, 1], row by row; a label is the digit.
DataFacts make_digits(const DigitsOptions& options, const std::string& path);

}  // namespace troupe
