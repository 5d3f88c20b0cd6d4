/// What a checksum cannot vouch for: indices and offsets under right checksums.
#include <doctest/doctest.h>

#include "datasets/layout.hpp"

using namespace troupe;

namespace {

// One row with small indices and, in the middle of them, this one.
std::string with_index(std::uint32_t odd, std::uint32_t features) {
  std::vector<std::uint32_t> index(100, 0);
  index[57] = odd;
  const std::vector<std::uint64_t> offsets = {0, index.size()};
  SegmentBytes bytes;
  bytes.offsets = offsets;
  bytes.index = index;
  DataFacts facts;
  facts.sparse = true;
  facts.features = features;
  facts.row_entries_max = 100;
  return unsafe_rows(bytes, facts);
}

}  // namespace

TEST_CASE("an index is safe up to the number of features, however large both are") {
  for (const std::uint32_t features :
       {1U, 7U, 0x7fffffffU, 0x80000000U, 0x80000001U, 0xfffffffeU, 0xffffffffU}) {
    CAPTURE(features);
    CHECK(with_index(features - 1, features).empty());
    CHECK(with_index(features, features) ==
          "it holds feature " + std::to_string(features) + " of only " + std::to_string(features));
    CHECK(with_index(UINT32_MAX, features) != "");
  }
  CHECK(with_index(0x80000003U, 5) != "");
}
