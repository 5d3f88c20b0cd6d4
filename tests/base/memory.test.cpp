#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "base/accumulator.hpp"
#include "base/block.hpp"

namespace troupe {
namespace {

TEST_CASE("block: is aligned to a cache line and holds what is written") {
  Block block = Block::copy_of(std::vector<float>{1, 2, 3});
  CHECK(reinterpret_cast<std::uintptr_t>(block.values().data()) % 64 == 0);
  CHECK(block.size() == 3);
  block.values()[1] = 5;
  CHECK(block.values()[1] == 5);
}

TEST_CASE("block: freezing moves the buffer and leaves the owner without one") {
  Block block = Block::zeros(100);
  const float* const buffer = block.values().data();
  const SharedBlock shared = std::move(block).freeze();
  CHECK(shared.values().data() == buffer);
  CHECK(block.size() == 0);
}

TEST_CASE("block: the last owner thaws in place, an earlier one gets a copy") {
  SharedBlock one = Block::copy_of(std::vector<float>(100, 1.0F)).freeze();
  SharedBlock two = one;
  const float* const buffer = one.values().data();
  const Block copy = std::move(two).thaw();
  CHECK(copy.values().data() != buffer);
  CHECK(copy.values()[99] == 1);
  const Block same = std::move(one).thaw();
  CHECK(same.values().data() == buffer);
}

TEST_CASE("block: a freed buffer is used again for the next of its size") {
  const float* buffer = nullptr;
  {
    const Block block(5'000);
    buffer = block.values().data();
  }
  CHECK(pooled_block_bytes() >= 5'000 * sizeof(float));
  const Block next(5'000);
  CHECK(next.values().data() == buffer);
}

TEST_CASE("block: zeros are zero in a recycled buffer too") {
  { Block used = Block::copy_of(std::vector<float>(64, 3.0F)); }
  const Block block = Block::zeros(64);
  for (const float value : block.values()) CHECK(value == 0);
}

TEST_CASE("block: an empty one has no values and may be frozen and thawed") {
  Block nothing(0);
  CHECK(nothing.values().empty());
  CHECK(std::move(nothing).freeze().thaw().size() == 0);
}

std::vector<std::uint32_t> touched(const Accumulator& sum) {
  return {sum.touched().begin(), sum.touched().end()};
}

TEST_CASE("accumulator: lists each entry once, in the order of its first touch") {
  Accumulator sum(200);
  sum.add(130, 1);
  sum.add(2, 2);
  sum.add(130, 3);
  CHECK(touched(sum) == std::vector<std::uint32_t>{130, 2});
  CHECK(sum.at(130) == 4);
  CHECK(sum.entries() == 2);
}

TEST_CASE("accumulator: a row touched at once lists what single touches list") {
  Accumulator at_once(200);
  Accumulator singly(200);
  const std::vector<std::uint32_t> row = {5, 70, 5, 199, 0, 63, 64};
  at_once.add(70, 1);
  singly.add(70, 1);
  at_once.touch(row);
  for (const std::uint32_t index : row) singly.touch(index);
  CHECK(touched(at_once) == touched(singly));
  CHECK(touched(at_once) == std::vector<std::uint32_t>{70, 5, 199, 0, 63, 64});
}

TEST_CASE("accumulator: cleared, it is as new") {
  Accumulator sum(100);
  sum.touch(std::vector<std::uint32_t>{1, 65});
  sum.add(1, 2);
  sum.clear();
  CHECK(sum.entries() == 0);
  CHECK(sum.at(1) == 0);
  sum.add(65, 1);
  sum.add(1, 1);
  CHECK(touched(sum) == std::vector<std::uint32_t>{65, 1});
}

TEST_CASE("accumulator: dense counts every entry until it is cleared") {
  Accumulator sum(10);
  sum.add(3, 1);
  sum.make_dense();
  sum.values()[7] = 2;
  CHECK(sum.entries() == 10);
  sum.clear();
  CHECK(sum.entries() == 0);
  CHECK(sum.at(7) == 0);
  sum.add(3, 1);
  CHECK(sum.entries() == 1);
}

TEST_CASE("accumulator: merging adds entry by entry and keeps sparse sparse") {
  Accumulator left(10);
  Accumulator right(10);
  left.add(1, 1);
  right.add(1, 2);
  right.add(4, 3);
  left.merge(right);
  CHECK(left.at(1) == 3);
  CHECK(touched(left) == std::vector<std::uint32_t>{1, 4});
  right.make_dense();
  left.merge(right);
  CHECK(left.dense());
  CHECK(left.at(4) == 6);
}

TEST_CASE("accumulator: scaling and finiteness look at sparse and dense sums") {
  for (const bool dense : {false, true}) {
    Accumulator sum(5);
    if (dense) sum.make_dense();
    sum.add(2, 3);
    sum.scale(0.5F);
    CHECK(sum.at(2) == 1.5F);
    CHECK(sum.finite());
    sum.add(2, std::numeric_limits<float>::infinity());
    CHECK_FALSE(sum.finite());
  }
}

}  // namespace
}  // namespace troupe
