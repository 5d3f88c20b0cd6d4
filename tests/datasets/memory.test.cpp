#include "datasets/memory.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("a sparse set in memory shows its rows and knows its facts") {
  const auto set = memory_dataset({{{0, 2}, {3.0F, 4.0F}, 1}, {{2}, {-2.0F}, -1}}, 4);
  const Shard shard = set->load({1, 2});
  CHECK(shard.rows().size() == 1);
  CHECK(shard.rows()[0].index[0] == 2);
  CHECK(shard.rows()[0].value[0] == -2.0F);
  CHECK(set->facts().features == 4);
  CHECK(set->facts().entries == 3);
  CHECK(set->facts().row_norm_max == 5.0F);
  CHECK(set->facts().positive == 1);
  CHECK(set->facts().rows_per_feature == std::vector<std::uint32_t>{1, 0, 2, 0});
  CHECK(set->facts().mean == std::vector<float>{1.5F, 0, 1, 0});
  CHECK(set->facts().variance == std::vector<float>{2.25F, 0, 9, 0});
  CHECK(set->facts().max_abs == std::vector<float>{3, 0, 4, 0});
  CHECK(set->facts().labels == std::vector<LabelCount>{{-1, 1}, {1, 1}});
}

TEST_CASE("a small variance survives beside a large mean") {
  const auto set = memory_dataset({{{1000001}, 0}, {{1000003}, 0}, {{1000002}, 0}});
  CHECK(set->facts().variance[0] == doctest::Approx(2.0 / 3));
}

TEST_CASE("sets with different rows have different checksums") {
  const auto one = memory_dataset({{{1, 2}, 1}});
  const auto other = memory_dataset({{{1, 2}, -1}});
  CHECK(one->facts().manifest_crc32c != other->facts().manifest_crc32c);
}
