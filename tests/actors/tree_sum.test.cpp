#include "actors/tree_sum.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.hpp"

using namespace troupe;

namespace {

// The sum spells out how it was made: "((0+1)+2)".
void spell(std::string& left, std::string right) { left = "(" + left + "+" + right + ")"; }

std::string total(std::uint32_t partitions, std::vector<std::uint32_t> order) {
  TreeSum<std::string> tree(partitions);
  for (const std::uint32_t p : order) tree.insert({0, p}, std::to_string(p), spell);
  return tree.take_root().value();
}

}  // namespace

TEST_CASE("tree sum: the order of arrival does not change the tree") {
  for (const std::uint32_t n : {1U, 2U, 3U, 5U, 8U, 13U}) {
    std::vector<std::uint32_t> order(n);
    for (std::uint32_t i = 0; i < n; ++i) order[i] = i;
    const std::string expected = total(n, order);
    for (std::uint64_t trial = 0; trial < 20; ++trial) {
      shuffle(order, RandomStream(trial, Purpose::test));
      CHECK(total(n, order) == expected);
    }
  }
}

TEST_CASE("tree sum: siblings first, and nobody beyond the last") {
  CHECK(total(5, {0, 1, 2, 3, 4}) == "(((0+1)+(2+3))+4)");
  CHECK(total(1, {0}) == "0");
}

TEST_CASE("tree sum: parts of several workers make the same tree as one worker") {
  TreeSum<std::string> root(6);
  for (const std::vector<std::uint32_t>& theirs :
       {std::vector<std::uint32_t>{1, 2, 3}, {0, 4, 5}}) {
    TreeSum<std::string> mine(6);
    for (const std::uint32_t p : theirs) mine.insert({0, p}, std::to_string(p), spell);
    for (auto& [where, part] : mine.take_parts()) root.insert(where, part, spell);
  }
  CHECK(root.take_root() == total(6, {0, 1, 2, 3, 4, 5}));
}

TEST_CASE("tree sum: there is no root before everybody is in it") {
  TreeSum<std::string> tree(3);
  tree.insert({0, 0}, "0", spell);
  tree.insert({0, 2}, "2", spell);
  CHECK_FALSE(tree.take_root().has_value());
}
