#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/random.hpp"
#include "datasets/file_dataset.hpp"
#include "datasets/generators.hpp"
#include "datasets/inspect.hpp"
#include "datasets/writer.hpp"
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

// Segments so small that few rows make many: the arrays are stored in chunks.
std::string make_many_segments(const Scratch& scratch, bool sparse) {
  const std::string path = scratch.file("good.h5");
  DatasetWriter writer(path, {.sparse = sparse, .features = 6, .segment_bytes = 300});
  RandomStream stream(3, Purpose::test);
  const std::uint32_t index[] = {0, 1, 2, 3, 4, 5};
  for (int i = 0; i < 200; ++i) {
    float value[6];
    for (float& each : value) each = static_cast<float>(stream.normal());
    writer.add({sparse ? index : nullptr, value, 6, i % 2 == 0 ? 1.0F : -1.0F});
  }
  writer.finish();
  return path;
}

/// A file that is damaged in place and mended again: writing it anew each time would
/// take minutes, as the chunks are large and mostly empty.
class Patient {
 public:
  explicit Patient(const std::string& path)
      : path_(path), bytes_(contents(path)), good_(everything(path)) {
    for (std::size_t i = 0; i < bytes_.size(); ++i)
      if (bytes_[i] != 0) used_.push_back(i);
    descriptor_ = open(path.c_str(), O_RDWR);
  }
  ~Patient() { close(descriptor_); }
  Patient(const Patient&) = delete;
  Patient& operator=(const Patient&) = delete;

  // Every other time where something is written: empty chunks would hide the rest.
  void flip(RandomStream& stream, Outcome& outcome) {
    const std::size_t at =
        stream.below(2) == 0 ? used_[stream.below(used_.size())] : stream.below(bytes_.size());
    put(at, static_cast<char>(bytes_[at] ^ (1 << stream.below(8))));
    judge(path_, good_, outcome);
    put(at, bytes_[at]);
  }
  void cut(RandomStream& stream, Outcome& outcome) {
    const std::size_t end =
        stream.below(2) == 0 ? used_[stream.below(used_.size())] : stream.below(bytes_.size());
    REQUIRE(ftruncate(descriptor_, static_cast<off_t>(end)) == 0);
    judge(path_, good_, outcome);
    REQUIRE(ftruncate(descriptor_, static_cast<off_t>(bytes_.size())) == 0);
    for (auto next = std::ranges::lower_bound(used_, end); next != used_.end();) {
      const std::size_t size = std::min<std::size_t>(4096, bytes_.size() - *next);
      REQUIRE(pwrite(descriptor_, &bytes_[*next], size, static_cast<off_t>(*next)) ==
              static_cast<ssize_t>(size));
      next = std::lower_bound(next, used_.end(), *next + size);
    }
  }
  bool mended() const { return contents(path_) == bytes_; }

 private:
  void put(std::size_t at, char byte) {
    REQUIRE(pwrite(descriptor_, &byte, 1, static_cast<off_t>(at)) == 1);
  }
  std::string path_;
  std::string bytes_;
  std::string good_;
  std::vector<std::size_t> used_;
  int descriptor_ = -1;
};

constexpr int damaged_files = 1000 / TROUPE_FEWER;

Outcome damage(const std::string& path, std::uint64_t seed,
               void (Patient::*harm)(RandomStream&, Outcome&)) {
  Patient patient(path);
  RandomStream stream(seed, Purpose::test);
  Outcome outcome;
  for (int i = 0; i < damaged_files; ++i) (patient.*harm)(stream, outcome);
  CHECK(patient.mended());
  return outcome;
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

TEST_CASE("P10: 1,000 flipped bits are refused or change nothing, in each kind of file") {
  const Scratch scratch;
  CHECK(damage(make_sparse(scratch), 5, &Patient::flip).refused > damaged_files / 10 * 7);
  CHECK(damage(make_many_segments(scratch, true), 6, &Patient::flip).refused >
        damaged_files / 10 * 4);
  CHECK(damage(make_many_segments(scratch, false), 7, &Patient::flip).refused >
        damaged_files / 10 * 4);
}

TEST_CASE("P10: 1,000 files cut short anywhere are refused, of each kind") {
  const Scratch scratch;
  CHECK(damage(make_sparse(scratch), 8, &Patient::cut).refused == damaged_files);
  CHECK(damage(make_many_segments(scratch, true), 9, &Patient::cut).refused == damaged_files);
  CHECK(damage(make_many_segments(scratch, false), 10, &Patient::cut).refused == damaged_files);
}

TEST_CASE("the first bad one of many segments is named with its rows") {
  const Scratch scratch;
  const std::string path = make_many_segments(scratch, false);
  const auto set = open_file_dataset(path);
  REQUIRE(set->segments().size() > 15);
  const SegmentEntry bad = set->segments()[7];
  std::string bytes = contents(path);
  for (const std::size_t segment : {std::size_t{7}, std::size_t{12}}) {
    const Shard shard = set->load({set->segments()[segment].first_row, 200});
    const std::size_t at =
        bytes.find(std::string(reinterpret_cast<const char*>(shard.rows()[0].value), 24));
    REQUIRE(at != std::string::npos);
    bytes[at] ^= 1;
  }
  const std::string line = refusal([&] { verify_file(scratch.write("bad.h5", bytes)); });
  CHECK(contains(line, "bad.h5: datasets labels, values, segment 7 (rows " +
                           std::to_string(bad.first_row) + " to "));
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
                 "bad.h5: has format version 7, expected 1 to 2; restore"));
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
