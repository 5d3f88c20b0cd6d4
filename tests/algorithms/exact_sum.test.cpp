#include "algorithms/exact_sum.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.hpp"

using namespace troupe;

namespace {

using Vectors = std::vector<std::vector<float>>;

/// Magnitudes over twelve decades, so that floats would round at every turn.
Vectors vectors(std::size_t count, std::size_t size) {
  Vectors all(count, std::vector<float>(size));
  RandomStream stream(1, Purpose::test);
  for (auto& each : all)
    for (float& value : each)
      value = static_cast<float>(stream.normal() *
                                 std::pow(10, static_cast<double>(stream.below(12)) - 8));
  return all;
}

int exponent(const Vectors& all) {
  int most = INT_MIN;
  for (const auto& each : all) most = std::max(most, exponent_of(each));
  return most;
}

std::vector<float> summed(const Vectors& all, std::span<const std::uint32_t> order,
                          std::size_t groups) {
  std::vector<ExactSum> sums(groups, ExactSum(all[0].size(), exponent(all), all.size()));
  for (std::size_t i = 0; i < order.size(); ++i) CHECK(sums[i % groups].add(all[order[i]]));
  for (std::size_t g = groups; g-- > 1;) sums[g - 1].merge(sums[g]);
  std::vector<float> result(all[0].size());
  sums[0].read(result);
  return result;
}

}  // namespace

TEST_CASE("exact sum: no order and no grouping changes a bit, where floats change many") {
  const Vectors all = vectors(13, 200);
  std::vector<std::uint32_t> order(13);
  std::iota(order.begin(), order.end(), 0U);
  const std::vector<float> first = summed(all, order, 1);
  const auto plain = [&] {
    std::vector<float> sum(200);
    for (const std::uint32_t k : order)
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += all[k][i];
    return sum;
  };
  const std::vector<float> floats = plain();
  bool moved = false;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    shuffle(order, RandomStream(seed, Purpose::test));
    CHECK(summed(all, order, 1 + seed % 5) == first);
    moved = moved || plain() != floats;
  }
  CHECK(moved);
}

TEST_CASE("exact sum: it is the sum, to the last bit of a float where terms are of one size") {
  const Vectors all{{1.0F, -0.5F, 1e-3F}, {2.0F, 0.25F, 2e-3F}, {4.0F, 0.25F, -3e-3F}};
  const std::vector<std::uint32_t> order{0, 1, 2};
  const std::vector<float> sum = summed(all, order, 1);
  CHECK(sum[0] == 7.0F);
  CHECK(sum[1] == 0.0F);
  CHECK(std::abs(sum[2] - (1e-3F + 2e-3F - 3e-3F)) < 1e-9F);
}

TEST_CASE(
    "exact sum: the largest terms that were agreed on do not overflow, larger ones are refused") {
  const float most = std::nextafter(1024.0F, 0.0F);
  ExactSum sum(1, exponent_of(std::vector<float>{most}), 1000);
  for (int i = 0; i < 1000; ++i) CHECK(sum.add(std::vector<float>{most}));
  std::vector<float> result(1);
  sum.read(result);
  CHECK(result[0] == doctest::Approx(1000.0 * static_cast<double>(most)));
  CHECK_FALSE(sum.add(std::vector<float>{1024.0F}));
  CHECK_FALSE(sum.add(std::vector<float>{std::numeric_limits<float>::quiet_NaN()}));
}

TEST_CASE("exact sum: zeros need no scale") {
  const std::vector<float> zeros(3);
  CHECK(exponent_of(zeros) == INT_MIN);
  ExactSum sum(3, INT_MIN, 4);
  CHECK(sum.add(zeros));
  std::vector<float> result(3, 1.0F);
  sum.read(result);
  CHECK(result == zeros);
}
