/// The generators of clusters, ratings and digits.
#include <algorithm>
#include <cmath>

#include "datasets/dataset.hpp"
#include "datasets/generators.hpp"
#include "scratch.hpp"

using namespace troupe;

namespace {

double squared_distance(const float* a, const float* b, std::size_t size) {
  double sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += double{a[i] - b[i]} * double{a[i] - b[i]};
  return sum;
}

std::size_t nearest(const float* row, const std::vector<float>& centres, std::size_t size) {
  std::size_t best = 0;
  for (std::size_t k = 1; k * size < centres.size(); ++k)
    if (squared_distance(row, &centres[k * size], size) <
        squared_distance(row, &centres[best * size], size))
      best = k;
  return best;
}

std::vector<float> class_means(const Rows& rows, std::size_t classes) {
  const std::size_t size = rows.features();
  std::vector<float> sums(classes * size);
  std::vector<float> counts(classes);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto k = static_cast<std::size_t>(rows[i].label);
    ++counts[k];
    for (std::size_t j = 0; j < size; ++j) sums[k * size + j] += rows[i].value[j];
  }
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] /= counts[i / size];
  return sums;
}

double share_right(const Rows& rows, const std::vector<float>& centres) {
  double right = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    right +=
        nearest(rows[i].value, centres, rows.features()) == static_cast<std::size_t>(rows[i].label)
            ? 1
            : 0;
  return right / static_cast<double>(rows.size());
}

// The label of the nearest of the first rows.
double share_right_of_neighbours(const Rows& rows, std::size_t known) {
  const std::vector<float> all(rows[0].value, rows[0].value + known * rows.features());
  double right = 0;
  for (std::size_t i = known; i < rows.size(); ++i)
    right += rows[nearest(rows[i].value, all, rows.features())].label == rows[i].label ? 1 : 0;
  return right / static_cast<double>(rows.size() - known);
}

// Columns that Gaussian elimination with full pivoting finds independent.
int rank_of(std::vector<std::vector<double>> matrix) {
  int rank = 0;
  for (;; ++rank) {
    std::size_t row = 0, column = 0;
    double largest = 0;
    for (std::size_t i = 0; i < matrix.size(); ++i)
      for (std::size_t j = 0; j < matrix[i].size(); ++j)
        if (std::fabs(matrix[i][j]) > largest) {
          largest = std::fabs(matrix[i][j]);
          row = i;
          column = j;
        }
    if (largest < 1e-4) return rank;
    const std::vector<double> pivot = matrix[row];
    for (auto& line : matrix) {
      const double factor = line[column] / pivot[column];
      for (std::size_t j = 0; j < line.size(); ++j) line[j] -= factor * pivot[j];
    }
  }
}

template <class Options>
std::string usage_error(DataFacts (*make)(const Options&, const std::string&),
                        const Options& options) {
  try {
    make(options, "/nonexistent/x.h5");
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("clusters, ratings and digits are pinned: the same seed gives the same manifest") {
  const Scratch scratch;
  const std::string path = scratch.file("x.h5");
  CHECK(make_blobs({.rows = 500, .seed = 7}, path).manifest_crc32c == 0x8e970adc);
  CHECK(make_ratings({.rows = 500, .seed = 7}, path).manifest_crc32c == 0xa6726fac);
  CHECK(make_digits({.rows = 500, .seed = 7}, path).manifest_crc32c == 0x848e23f9);
  CHECK(make_digits({.rows = 500, .seed = 8}, path).manifest_crc32c != 0x848e23f9);
}

TEST_CASE("blobs lie about their centres with the deviation asked for") {
  const Scratch scratch;
  make_blobs({.rows = 4000, .seed = 3, .features = 6, .centres = 5, .noise = 0.5},
             scratch.file("b.h5"));
  const Shard shard = open_dataset(scratch.file("b.h5"))->load({0, 4000});
  const std::vector<float> centres = blob_centres(3, 5, 6);
  double square = 0;
  for (std::size_t i = 0; i < 4000; ++i) {
    const auto k = static_cast<std::size_t>(shard.rows()[i].label);
    square += squared_distance(shard.rows()[i].value, &centres[k * 6], 6);
  }
  CHECK(std::sqrt(square / 4000 / 6) == doctest::Approx(0.5).epsilon(0.02));
  CHECK(share_right(shard.rows(), centres) == 1.0);
  CHECK(open_dataset(scratch.file("b.h5"))->facts().labels.size() == 5);
}

TEST_CASE("ratings without noise have the rank asked for") {
  const Scratch scratch;
  make_ratings({.rows = 30, .features = 12, .rank = 3, .per_row = 100, .noise = 0},
               scratch.file("r.h5"));
  const Shard shard = open_dataset(scratch.file("r.h5"))->load({0, 30});
  std::vector<std::vector<double>> matrix;
  for (std::size_t i = 0; i < 30; ++i) {
    REQUIRE(shard.rows()[i].size == 12);
    matrix.emplace_back(shard.rows()[i].value, shard.rows()[i].value + 12);
  }
  CHECK(rank_of(matrix) == 3);
}

TEST_CASE("ratings have the noise and the number asked for, at the same places") {
  const Scratch scratch;
  const DataFacts facts = make_ratings({.rows = 500, .noise = 0}, scratch.file("clean.h5"));
  make_ratings({.rows = 500, .noise = 0.5}, scratch.file("noisy.h5"));
  CHECK(static_cast<double>(facts.entries) / 500 == doctest::Approx(40).epsilon(0.05));
  const Shard clean = open_dataset(scratch.file("clean.h5"))->load({0, 500});
  const Shard noisy = open_dataset(scratch.file("noisy.h5"))->load({0, 500});
  double square = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    const RowView a = clean.rows()[i];
    const RowView b = noisy.rows()[i];
    REQUIRE(std::equal(a.index, a.index + a.size, b.index, b.index + b.size));
    square += squared_distance(a.value, b.value, a.size);
  }
  CHECK(std::sqrt(square / static_cast<double>(facts.entries)) ==
        doctest::Approx(0.5).epsilon(0.02));
}

TEST_CASE("digits can be learnt as well as it is recorded in docs/generators.md" *
          doctest::skip(TROUPE_FEWER > 1)) {
  const Scratch scratch;
  const DataFacts facts = make_digits({.rows = 2500, .seed = 1}, scratch.file("d.h5"));
  CHECK(facts.labels.size() == 10);
  CHECK(*std::max_element(facts.max_abs.begin(), facts.max_abs.end()) == 1.0F);
  const auto set = open_dataset(scratch.file("d.h5"));
  const Shard all = set->load({0, 2500});
  const Shard fresh = set->load({2000, 2500});
  const double by_means = share_right(fresh.rows(), class_means(set->load({0, 2000}).rows(), 10));
  const double by_neighbours = share_right_of_neighbours(all.rows(), 2000);
  CHECK(by_means == doctest::Approx(0.758).epsilon(0.01));
  CHECK(by_neighbours == doctest::Approx(0.938).epsilon(0.01));
}

TEST_CASE("row i of these sets does not depend on where the file starts") {
  const Scratch scratch;
  const std::string all = scratch.file("all.h5");
  const std::string end = scratch.file("end.h5");
  const auto same = [&] {
    const Shard a = open_dataset(all)->load({20, 30});
    const Shard b = open_dataset(end)->load({0, 10});
    for (std::size_t i = 0; i < 10; ++i) {
      const RowView x = a.rows()[i];
      const RowView y = b.rows()[i];
      if (x.label != y.label || !std::equal(x.value, x.value + x.size, y.value, y.value + y.size))
        return false;
    }
    return true;
  };
  make_blobs({.rows = 30}, all);
  make_blobs({.rows = 10, .first_row = 20}, end);
  CHECK(same());
  make_ratings({.rows = 30}, all);
  make_ratings({.rows = 10, .first_row = 20}, end);
  CHECK(same());
  make_digits({.rows = 30}, all);
  make_digits({.rows = 10, .first_row = 20}, end);
  CHECK(same());
}

TEST_CASE("clusters, ratings and digits say what they cannot make") {
  CHECK(usage_error<BlobsOptions>(make_blobs, {.centres = 0}) ==
        "data make blobs: rows, features and centres must be at least 1");
  CHECK(usage_error<BlobsOptions>(make_blobs, {.centres = 20000000}) ==
        "data make blobs: there may be at most 16777216 centres");
  CHECK(usage_error<BlobsOptions>(make_blobs, {.noise = -1}) ==
        "data make blobs: noise must be a standard deviation from 0 to 1e6");
  CHECK(usage_error<RatingsOptions>(make_ratings, {.rank = 0}) ==
        "data make ratings: rows (users), features (items), rank and ratings a row must be at "
        "least 1");
  CHECK(usage_error<DigitsOptions>(make_digits, {.rows = 0}) ==
        "data make digits: needs at least 1 row");
  CHECK(usage_error<DigitsOptions>(make_digits, {.noise = -1}) ==
        "data make digits: noise must be a standard deviation from 0 to 10");
}
