/// Where a model may be cut.
#include <doctest/doctest.h>

#include "models/model.hpp"

using namespace troupe;

namespace {

Layout rows_of(std::size_t rows, std::size_t length) {
  return {{{.name = "weights", .shape = {rows, length}, .row_length = length}}};
}

}  // namespace

TEST_CASE("layout: parts are as even as rows let them") {
  CHECK(rows_of(12, 1).cuts(1) == std::vector<std::size_t>{0, 12});
  CHECK(rows_of(12, 1).cuts(3) == std::vector<std::size_t>{0, 4, 8, 12});
  CHECK(rows_of(10, 1).cuts(3) == std::vector<std::size_t>{0, 3, 6, 10});
  CHECK(rows_of(4, 3).cuts(3) == std::vector<std::size_t>{0, 3, 9, 12});
}

TEST_CASE("layout: no row is cut, and every part has one") {
  const Layout layout{{{.name = "first", .shape = {7, 100}, .row_length = 100},
                       {.name = "bias", .shape = {7}},
                       {.name = "second", .shape = {2, 7}, .row_length = 7}}};
  CHECK(layout.rows() == 16);
  for (std::size_t parts = 1; parts <= layout.rows(); ++parts) {
    CAPTURE(parts);
    const std::vector<std::size_t> cuts = layout.cuts(parts);
    REQUIRE(cuts.size() == parts + 1);
    CHECK(cuts.front() == 0);
    CHECK(cuts.back() == layout.size());
    for (std::size_t k = 0; k < parts; ++k) {
      CHECK(cuts[k] < cuts[k + 1]);
      const bool whole = cuts[k] < 700   ? cuts[k] % 100 == 0
                         : cuts[k] < 707 ? true
                                         : (cuts[k] - 707) % 7 == 0;
      CHECK(whole);
    }
  }
}
