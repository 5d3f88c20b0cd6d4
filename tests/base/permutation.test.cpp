#include "base/permutation.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace troupe;

TEST_CASE("permutation: every item stands at one position, and says at which") {
  for (const std::uint64_t n : {1, 2, 3, 10, 255, 256, 257, 1000, 65537}) {
    const Permutation order(n, {7, Purpose::test, 3});
    std::vector<bool> seen(n);
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::uint64_t item = order.at(i);
      REQUIRE(item < n);
      REQUIRE_FALSE(seen[item]);
      seen[item] = true;
      REQUIRE(order.position_of(item) == i);
    }
  }
}

TEST_CASE("permutation: positions of an item spread evenly over many orders") {
  // 5000 orders of 50 items: a cell expects 100; 5 deviations are 50.
  std::vector<std::vector<int>> cells(50, std::vector<int>(50));
  for (std::uint64_t k = 0; k < 5000; ++k) {
    const Permutation order(50, {1, Purpose::test, k});
    for (std::uint64_t i = 0; i < 50; ++i) ++cells[i][order.at(i)];
  }
  for (const auto& row : cells)
    for (const int count : row) CHECK((count > 50 && count < 150));
}

TEST_CASE("permutation: what follows an item is anybody's guess") {
  // Pairs of neighbours over many orders: of 20 x 19 each expects about 100.
  std::vector<int> cells(400);
  for (std::uint64_t k = 0; k < 2000; ++k) {
    const Permutation order(20, {1, Purpose::test, k});
    for (std::uint64_t i = 0; i + 1 < 20; ++i) ++cells[order.at(i) * 20 + order.at(i + 1)];
  }
  for (std::size_t pair = 0; pair < 400; ++pair)
    if (pair / 20 != pair % 20) CHECK((cells[pair] > 50 && cells[pair] < 160));
}

TEST_CASE("permutation: another seed, another number, another order") {
  const Permutation one(1000, {1, Purpose::test, 1});
  for (const Permutation& other :
       {Permutation(1000, {2, Purpose::test, 1}), Permutation(1000, {1, Purpose::deal, 1}),
        Permutation(1000, {1, Purpose::test, 2})}) {
    int same = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) same += one.at(i) == other.at(i) ? 1 : 0;
    CHECK(same < 10);
  }
}
