#include <algorithm>
#include <cstring>
#include <vector>

#include "base/random.hpp"
#include "datasets/file_dataset.hpp"
#include "datasets/generators.hpp"
#include "datasets/inspect.hpp"
#include "scratch.hpp"

using namespace troupe;

namespace {

// Everything that reading a file can give, as bytes.
std::string everything(const std::string& path) {
  const auto set = open_dataset(path);
  const DataFacts& facts = set->facts();
  std::string all;
  const auto add = [&all](const void* data, std::size_t size) {
    all.append(static_cast<const char*>(data), size);
  };
  add(&facts.rows, 8);
  add(&facts.positive, 8);
  add(&facts.row_norm_max, 4);
  add(facts.mean.data(), 4 * facts.mean.size());
  add(facts.variance.data(), 4 * facts.variance.size());
  const Shard shard = set->load({0, facts.rows});
  for (std::size_t i = 0; i < shard.rows().size(); ++i) {
    const RowView row = shard.rows()[i];
    add(&row.label, 4);
    if (row.index != nullptr) add(row.index, 4 * row.size);
    add(row.value, 4 * row.size);
  }
  return all;
}

struct Outcome {
  int refused = 0;
  int identical = 0;
};

// Reads a damaged file: it must be refused with its name, or be what it was.
void judge(const std::string& path, const std::string& good, Outcome& outcome) {
  std::string found;
  const std::string line = refusal([&] { found = everything(path); });
  CHECK((contains(line, path + ": ") || found == good));
  ++(line.empty() ? outcome.identical : outcome.refused);
}

std::string make_sparse(const Scratch& scratch) {
  make_rcv1({.rows = 40, .seed = 2, .features = 500}, scratch.file("good.h5"));
  return scratch.file("good.h5");
}

// One column, its manifest and right checksums around whatever rows are given.
void write_hostile(const std::string& path, const std::vector<std::uint64_t>& offsets,
                   const std::vector<std::uint32_t>& index) {
  const std::vector<float> value(index.size(), 1.0F);
  const std::vector<float> label(offsets.size() - 1, 1.0F);
  Manifest manifest;
  DataFacts& facts = manifest.facts;
  facts.sparse = true;
  facts.rows = label.size();
  facts.features = 4;
  facts.entries = index.size();
  facts.row_entries_max = 2;
  facts.rows_per_feature.resize(4);
  facts.mean.resize(4);
  facts.variance.resize(4);
  facts.max_abs.resize(4);
  manifest.segments = {
      {0, label.size(), 0, index.size(), checksum(SegmentBytes{label, offsets, index, value})}};
  H5Creator file(path);
  REQUIRE(file.whole("labels", H5Element::f32, {label.size(), 0}, label.data()));
  REQUIRE(file.whole("offsets", H5Element::u64, {offsets.size(), 0}, offsets.data()));
  REQUIRE(file.whole("indices", H5Element::u32, {index.size(), 0}, index.data()));
  REQUIRE(file.whole("values", H5Element::f32, {value.size(), 0}, value.data()));
  REQUIRE(write_manifest(file, manifest));
  REQUIRE(file.close());
}

}  // namespace

TEST_CASE("a flipped bit anywhere is refused or changes nothing") {
  const Scratch scratch;
  const std::string bytes = contents(make_sparse(scratch));
  const std::string good = everything(scratch.file("good.h5"));
  RandomStream stream(5, Purpose::test);
  Outcome outcome;
  for (int i = 0; i < 400; ++i) {
    std::string bad = bytes;
    bad[stream.below(bad.size())] ^= static_cast<char>(1 << stream.below(8));
    judge(scratch.write("bad.h5", bad), good, outcome);
  }
  CHECK(outcome.refused > 300);
}

TEST_CASE("a file cut short anywhere is refused") {
  const Scratch scratch;
  const std::string bytes = contents(make_sparse(scratch));
  const std::string good = everything(scratch.file("good.h5"));
  RandomStream stream(6, Purpose::test);
  Outcome outcome;
  for (int i = 0; i < 200; ++i)
    judge(scratch.write("bad.h5", bytes.substr(0, stream.below(bytes.size()))), good, outcome);
  CHECK(outcome.refused == 200);
}

TEST_CASE("a damaged value is named by file, dataset and segment") {
  const Scratch scratch;
  make_linear({.rows = 3, .features = 4}, scratch.file("good.h5"));
  std::string bytes = contents(scratch.file("good.h5"));
  const Shard shard = open_dataset(scratch.file("good.h5"))->load({0, 3});
  char row[16];
  std::memcpy(row, shard.rows()[1].value, sizeof row);
  const std::size_t at = bytes.find(std::string(row, sizeof row));
  REQUIRE(at != std::string::npos);
  bytes[at] ^= 1;
  const std::string path = scratch.write("bad.h5", bytes);
  const std::string line = refusal([&] { verify_file(path); });
  CHECK(contains(line, path + ": datasets labels, values, segment 0 (rows 0 to 2): damaged, "
                              "checksum "));
  CHECK(contains(line, "; restore the file from a copy or make it again"));
}

TEST_CASE("right checksums around rows that lead outside do not help") {
  const Scratch scratch;
  const std::string path = scratch.file("bad.h5");
  write_hostile(path, {0, 2, 3}, {0, 1, 3});
  CHECK(open_dataset(path)->load({0, 2}).rows().size() == 2);
  write_hostile(path, {0, 2, 3}, {0, 4, 3});
  CHECK(contains(refusal([&] {
                   open_dataset(path)->load({0, 2});
                 }),
                 "segment 0 (rows 0 to 1): it holds feature 4 of only 4"));
  for (const std::uint64_t middle : {std::uint64_t{9}, UINT64_MAX, std::uint64_t{3}}) {
    write_hostile(path, {0, middle, 3}, {0, 1, 3});
    CHECK(contains(refusal([&] {
                     open_dataset(path)->load({0, 2});
                   }),
                   "row 0 of it has offsets that lead outside"));
  }
}

TEST_CASE("an array of the wrong shape or type is refused before anything is read") {
  const Scratch scratch;
  const std::string path = scratch.file("bad.h5");
  const std::vector<std::uint64_t> many(20);
  H5Creator file(path);
  REQUIRE(file.text("/", "format", "troupe-dataset"));
  REQUIRE(file.number("format_version", 7));
  REQUIRE(file.whole("labels", H5Element::u64, {20, 0}, many.data()));
  REQUIRE(file.close());
  CHECK(contains(refusal([&] { open_dataset(path); }),
                 "bad.h5: has format version 7, expected 1; restore"));
  const H5Reader reader(path, "give up");
  CHECK(refusal([&] {
          reader.column("labels", H5Element::f32, {20, 0});
        }) == path + ": dataset 'labels' has another type than expected; give up");
  CHECK(refusal([&] {
          reader.column("labels", H5Element::u64, {10, 2});
        }) == path + ": dataset 'labels' has the shape 20, expected 10 x 2; give up");
  CHECK(refusal([&] {
          reader.column("values", H5Element::u64, {20, 0});
        }) == path + ": dataset 'values' is missing or cannot be read; give up");
}

TEST_CASE("what is no data set says so") {
  const Scratch scratch;
  const struct {
    std::string path, expected;
  } cases[] = {
      {scratch.file("none.h5"), "none.h5: cannot be opened: No such file or directory"},
      {scratch.folder(), scratch.folder() + ": is not a regular file"},
      {scratch.write("empty.h5", ""), "empty.h5: is not a readable HDF5 file of 0 bytes"},
      {scratch.write("text.h5", "1 2:3\n"), "text.h5: is not a readable HDF5 file of 6 bytes"},
  };
  for (const auto& each : cases)
    CHECK(contains(refusal([&] { open_dataset(each.path); }), each.expected));
}
