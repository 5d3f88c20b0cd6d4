#include "base/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace troupe {
namespace {

TEST_CASE("random: a number depends on its coordinates, not on who drew before") {
  RandomStream drawn(7, Purpose::test, 1, 2, 3);
  const RandomStream asked(7, Purpose::test, 1, 2, 3);
  for (std::uint64_t i = 0; i < 5; ++i) CHECK(drawn.next() == asked.at(i));
}

TEST_CASE("random: these numbers never change, or old runs could not be repeated") {
  const RandomStream stream(7, Purpose::shuffle, 1, 2, 3);
  CHECK(stream.at(0) == 8145909191743221005ULL);
  CHECK(stream.at(1) == 6321146207883585096ULL);
}

TEST_CASE("random: every coordinate makes a stream of its own") {
  const std::uint64_t here = RandomStream(1, Purpose::test, 1, 1, 1).at(0);
  CHECK(RandomStream(2, Purpose::test, 1, 1, 1).at(0) != here);
  CHECK(RandomStream(1, Purpose::delay, 1, 1, 1).at(0) != here);
  CHECK(RandomStream(1, Purpose::test, 2, 1, 1).at(0) != here);
  CHECK(RandomStream(1, Purpose::test, 1, 2, 1).at(0) != here);
  CHECK(RandomStream(1, Purpose::test, 1, 1, 2).at(0) != here);
}

TEST_CASE("random: below(n) is uniform (chi squared over 10 cells)") {
  RandomStream stream(3, Purpose::test);
  std::array<double, 10> cells{};
  for (int i = 0; i < 10'000; ++i) ++cells.at(stream.below(10));
  double chi = 0;
  for (const double count : cells) chi += (count - 1000) * (count - 1000) / 1000;
  CHECK(chi < 27.9);  // 1 in 1,000 for 9 degrees of freedom
}

TEST_CASE("random: uniform, normal and exponential have their moments") {
  RandomStream stream(4, Purpose::test);
  constexpr int draws = 20'000;
  double uniform = 0, normal = 0, square = 0, exponential = 0;
  for (int i = 0; i < draws; ++i) {
    const double u = stream.uniform();
    CHECK((u >= 0 && u < 1));
    uniform += u / draws;
    const double z = stream.normal();
    normal += z / draws;
    square += z * z / draws;
    exponential += stream.exponential(0.5) / draws;
  }
  CHECK(uniform == doctest::Approx(0.5).epsilon(0.02));
  CHECK(std::abs(normal) < 0.03);
  CHECK(square == doctest::Approx(1).epsilon(0.04));
  CHECK(exponential == doctest::Approx(2).epsilon(0.04));
}

TEST_CASE("random: a shuffle is a permutation, the same one every time") {
  std::vector<std::uint32_t> order(100);
  std::iota(order.begin(), order.end(), 0U);
  const std::vector<std::uint32_t> sorted = order;
  std::vector<std::uint32_t> again = order;
  shuffle(order, RandomStream(5, Purpose::shuffle));
  shuffle(again, RandomStream(5, Purpose::shuffle));
  CHECK(order == again);
  CHECK(order != sorted);
  std::ranges::sort(order);
  CHECK(order == sorted);
}

TEST_CASE("random: a shuffle of three reaches all six orders alike") {
  std::array<double, 6> seen{};
  for (std::uint64_t seed = 0; seed < 6'000; ++seed) {
    std::vector<std::uint32_t> order = {0, 1, 2};
    shuffle(order, RandomStream(seed, Purpose::shuffle));
    ++seen.at(order[0] * 2 + (order[1] > order[2] ? 1 : 0));
  }
  for (const double count : seen) CHECK(count == doctest::Approx(1000).epsilon(0.12));
}

}  // namespace
}  // namespace troupe
