/// A data set's file: the bytes as they come, and as offsets and indices under right
/// checksums, which is the worst that a file can hold. What opens can be read whole.
#include <cstring>
#include <vector>

#include "datasets/h5.hpp"
#include "datasets/layout.hpp"
#include "tests/fuzz/importing.hpp"

using namespace troupe;

namespace {

// Every entry of every row, as a model visits them.
double sum_of(const std::string& path) {
  const auto set = open_dataset(path);
  const Shard shard = set->load({0, set->facts().rows});
  double sum = 0;
  for (std::size_t i = 0; i < shard.rows().size(); ++i) {
    const RowView row = shard.rows()[i];
    for (std::uint32_t j = 0; j < row.size; ++j) {
      if (row.index != nullptr) TROUPE_CHECK(row.index[j], <, set->facts().features);
      sum += static_cast<double>(row.value[j]);
    }
  }
  return sum;
}

struct Hostile {
  std::vector<float> label;
  std::vector<std::uint64_t> offsets = {0};
  std::vector<std::uint32_t> index;
  std::vector<float> value;
  Manifest manifest;
};

// A byte is an offset or an index; high ones become far ones. The first byte says how
// many rows there are and where the second segment begins.
Hostile hostile(const std::uint8_t* data, std::size_t size) {
  Hostile all;
  const auto far = [](std::uint8_t byte) -> std::uint64_t {
    return byte < 240 ? byte % 16 : UINT64_MAX >> (byte - 240) * 4;
  };
  const std::size_t rows = 1 + data[0] % 8;
  for (std::size_t i = 0; i < rows && i + 1 < size; ++i) all.offsets.push_back(far(data[i + 1]));
  for (std::size_t i = rows + 1; i < size && i < 64; ++i)
    all.index.push_back(static_cast<std::uint32_t>(far(data[i])));
  all.label.resize(all.offsets.size() - 1, 1);
  all.value.resize(all.index.size(), 1);
  DataFacts& facts = all.manifest.facts;
  facts.sparse = true;
  facts.rows = all.label.size();
  facts.features = 8;
  facts.entries = all.index.size();
  facts.row_entries_max = 12;
  facts.rows_per_feature.resize(8);
  facts.mean.resize(8);
  facts.variance.resize(8);
  facts.max_abs.resize(8);
  const auto part = [&](std::uint64_t first, std::uint64_t last, std::uint64_t from,
                        std::uint64_t to) {
    const SegmentBytes bytes{std::span(all.label).subspan(first, last - first),
                             std::span(all.offsets).subspan(first, last - first + 1),
                             std::span(all.index).subspan(from, to - from),
                             std::span(all.value).subspan(from, to - from)};
    all.manifest.segments.push_back({first, last - first, from, to - from, checksum(bytes)});
  };
  const std::uint64_t middle = facts.rows / 2;
  const std::uint64_t entry = data[0] / 8 % (facts.entries + 1);
  if (middle == 0) {
    part(0, facts.rows, 0, facts.entries);
  } else {
    // The reader takes the offset between segments from the table.
    all.offsets[middle] = entry;
    all.offsets[facts.rows] = facts.entries;
    part(0, middle, 0, entry);
    part(middle, facts.rows, entry, facts.entries);
  }
  return all;
}

void write(const std::string& path, const Hostile& all) {
  H5Creator file(path);
  const bool done =
      file.whole("labels", H5Element::f32, {all.label.size(), 0}, all.label.data()) &&
      file.whole("offsets", H5Element::u64, {all.offsets.size(), 0}, all.offsets.data()) &&
      file.whole("indices", H5Element::u32, {all.index.size(), 0}, all.index.data()) &&
      file.whole("values", H5Element::f32, {all.value.size(), 0}, all.value.data()) &&
      write_manifest(file, all.manifest) && file.close();
  TROUPE_CHECK(done, ==, true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const FuzzScratch scratch;
  const std::string path = scratch.write("set.h5", data, size);
  refused([&] { sum_of(path); });
  if (size < 3) return 0;
  write(path, hostile(data, size));
  refused([&] { sum_of(path); });
  return 0;
}
