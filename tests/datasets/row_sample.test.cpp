#include "datasets/row_sample.hpp"

#include <doctest/doctest.h>

#include "datasets/memory.hpp"

namespace troupe {
namespace {

/// Row i holds its own number, so that a sample can be read.
std::shared_ptr<const Dataset> numbered(std::size_t rows) {
  std::vector<SparseRow> set(rows);
  for (std::size_t i = 0; i < rows; ++i)
    set[i] = {.index = {static_cast<std::uint32_t>(i % 5)},
              .value = {static_cast<float>(i)},
              .label = static_cast<float>(i % 3)};
  return memory_dataset(set, 5);
}

std::vector<float> numbers(const RowSample& sample) {
  std::vector<float> result;
  const Rows rows = sample.rows();
  for (std::size_t i = 0; i < rows.size(); ++i) result.push_back(rows[i].value[0]);
  return result;
}

TEST_CASE("row sample: a small range is taken whole and in order") {
  CHECK(numbers({*numbered(10), {2, 7}, 100}) == std::vector<float>{2, 3, 4, 5, 6});
  CHECK(numbers({*numbered(10), {2, 7}, 5}) == std::vector<float>{2, 3, 4, 5, 6});
  CHECK(numbers({*numbered(10), {4, 4}, 5}).empty());
  CHECK(RowSample().rows().size() == 0);
}

TEST_CASE("row sample: rows come from all over the range, each at most once") {
  const auto set = numbered(10000);
  const std::vector<float> sample = numbers({*set, {1000, 9000}, 200});
  REQUIRE(sample.size() == 200);
  CHECK(sample.front() < 1125);
  CHECK(sample.back() >= 8875);
  for (std::size_t i = 1; i < sample.size(); ++i) {
    CHECK(sample[i] > sample[i - 1]);
    CHECK(sample[i] - sample[i - 1] < 256);
  }
}

TEST_CASE("row sample: it is the same whoever asks, and carries index and label") {
  const auto set = numbered(5000);
  const RowSample sample(*set, {0, 5000}, 64);
  CHECK(numbers(sample) == numbers({*set, {0, 5000}, 64}));
  for (std::size_t i = 0; i < 64; ++i) {
    const RowView row = sample.rows()[i];
    CHECK(row.index[0] == static_cast<std::uint32_t>(row.value[0]) % 5);
    CHECK(row.label == static_cast<float>(static_cast<int>(row.value[0]) % 3));
  }
}

}  // namespace
}  // namespace troupe
