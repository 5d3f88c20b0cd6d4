#include "actors/entries.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <numeric>

namespace troupe {
namespace {

/// 40 rows of 0 to 4 features, copied or left where they are.
Features some(bool in_place) {
  auto rows = std::make_shared<std::vector<std::uint32_t>>(100);
  std::iota(rows->begin(), rows->end(), 0U);
  Features features(in_place ? Features::Keeper(rows) : nullptr);
  std::size_t at = 0;
  for (std::size_t row = 0; row < 40; at += row % 5, ++row)
    features.append(std::span(*rows).subspan(at, row % 5));
  return features;
}

TEST_CASE("features: rows that stay where they are list the same as rows that are copied") {
  const Features copied = some(false);
  const Features stayed = some(true);
  CHECK(copied.size() == 80);
  CHECK(stayed.in_place());
  CHECK_FALSE(copied.in_place());
  CHECK(copied == stayed);
  CHECK(stayed.copy()[79] == 79);
}

TEST_CASE("features: whoever gave them away has none") {
  for (const bool in_place : {false, true}) {
    Features given = some(in_place);
    const Features taken = std::move(given);
    CHECK(taken.size() == 80);
    CHECK(given.empty());  // NOLINT(bugprone-use-after-move)
  }
}

TEST_CASE("features: the first ones alone, and those from some place on") {
  for (const bool in_place : {false, true}) {
    CAPTURE(in_place);
    Features features = some(in_place);
    features.cut(33);
    CHECK(features.size() == 33);
    std::vector<float> model(100);
    std::iota(model.begin(), model.end(), 0.0F);
    std::vector<float> values(8, -1.0F);
    gather(features, model, values.data(), 26);
    CHECK(values == std::vector<float>{26, 27, 28, 29, 30, 31, 32, -1});
  }
}

TEST_CASE("features: what lists them outlives whoever loaded the rows") {
  auto rows = std::make_shared<std::vector<std::uint32_t>>(3, 7U);
  const std::weak_ptr<std::vector<std::uint32_t>> watched = rows;
  {
    Features features{Features::Keeper(rows)};
    features.append(*rows);
    rows.reset();
    CHECK(features.copy() == std::vector<std::uint32_t>{7, 7, 7});
  }
  CHECK(watched.expired());
}

}  // namespace
}  // namespace troupe
