#include "datasets/file_dataset.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "datasets/generators.hpp"
#include "datasets/memory.hpp"
#include "datasets/writer.hpp"
#include "scratch.hpp"

using namespace troupe;

namespace {

std::vector<SparseRow> sparse_rows(std::uint32_t count) {
  std::vector<SparseRow> rows(count);
  RandomStream stream(3, Purpose::test);
  for (SparseRow& row : rows) {
    for (std::uint32_t feature = 0; feature < 20; ++feature) {
      if (stream.uniform() < 0.7) continue;
      row.index.push_back(feature);
      row.value.push_back(static_cast<float>(stream.normal()));
    }
    row.label = stream.uniform() < 0.4 ? 1.0F : -1.0F;
  }
  return rows;
}

RowView view(const SparseRow& row) {
  return {row.index.data(), row.value.data(), static_cast<std::uint32_t>(row.index.size()),
          row.label};
}

// Segments so small that a few hundred rows make many.
DataFacts write_sparse(const std::string& path, const std::vector<SparseRow>& rows,
                       std::size_t segment_bytes = 1000) {
  DatasetWriter writer(path, {.sparse = true, .features = 20, .segment_bytes = segment_bytes});
  for (const SparseRow& row : rows) writer.add(view(row));
  return writer.finish();
}

bool same_row(const RowView& a, const RowView& b) {
  return a.size == b.size && a.label == b.label && std::equal(a.value, a.value + a.size, b.value) &&
         (a.index == nullptr) == (b.index == nullptr) &&
         (a.index == nullptr || std::equal(a.index, a.index + a.size, b.index));
}

bool same_rows(const Shard& shard, const std::vector<SparseRow>& rows, std::size_t first) {
  for (std::size_t i = 0; i < shard.rows().size(); ++i)
    if (!same_row(shard.rows()[i], view(rows[first + i]))) return false;
  return true;
}

}  // namespace

TEST_CASE("sparse rows come back from many segments as they were written") {
  const Scratch scratch;
  const auto rows = sparse_rows(300);
  write_sparse(scratch.file("a.h5"), rows);
  const auto set = open_file_dataset(scratch.file("a.h5"));
  CHECK(set->segments().size() > 10);
  CHECK(same_rows(set->load({0, 300}), rows, 0));
  CHECK(same_rows(set->load({123, 217}), rows, 123));
  CHECK(set->load({300, 300}).rows().size() == 0);
}

TEST_CASE("dense rows come back as they were written, from one segment and from many") {
  const Scratch scratch;
  for (const std::size_t segment_bytes : {segment_bytes_standard, std::size_t{64}}) {
    DatasetWriter writer(scratch.file("d.h5"),
                         {.sparse = false, .features = 3, .segment_bytes = segment_bytes});
    std::vector<float> values(3 * 50);
    std::iota(values.begin(), values.end(), 0.0F);
    for (std::size_t i = 0; i < 50; ++i) writer.add({nullptr, &values[3 * i], 3, 1});
    writer.finish();
    const Shard shard = open_dataset(scratch.file("d.h5"))->load({7, 50});
    CHECK(shard.rows().size() == 43);
    for (std::size_t i = 0; i < 43; ++i)
      CHECK(same_row(shard.rows()[i], {nullptr, &values[3 * (i + 7)], 3, 1}));
  }
}

TEST_CASE("the facts in a file are those of the rows") {
  const Scratch scratch;
  const auto rows = sparse_rows(100);
  const DataFacts written = write_sparse(scratch.file("a.h5"), rows);
  const DataFacts read = open_dataset(scratch.file("a.h5"))->facts();
  const DataFacts expected = memory_dataset(rows, 20)->facts();
  CHECK(read.path == scratch.file("a.h5"));
  CHECK(read.rows == 100);
  CHECK(read.sparse);
  CHECK(read.entries == expected.entries);
  CHECK(read.row_entries_max == expected.row_entries_max);
  CHECK(read.row_norm_max == expected.row_norm_max);
  CHECK(read.positive == expected.positive);
  CHECK(read.labels == expected.labels);
  CHECK(read.rows_per_feature == expected.rows_per_feature);
  CHECK(read.mean == expected.mean);
  CHECK(read.variance == expected.variance);
  CHECK(read.max_abs == expected.max_abs);
  CHECK(read.manifest_crc32c == written.manifest_crc32c);
}

TEST_CASE("loading reads exactly the segments that it touches, each array in one call") {
  const Scratch scratch;
  write_sparse(scratch.file("a.h5"), sparse_rows(300));
  const auto set = open_file_dataset(scratch.file("a.h5"));
  const auto& segments = set->segments();
  const Shard shard = set->load({segments[2].first_row + 1, segments[5].first_row + 1});
  CHECK(set->counts().segments == 4);
  CHECK(set->counts().calls == 4);
}

TEST_CASE("shards share segments, which leave memory with the last of them") {
  const Scratch scratch;
  write_sparse(scratch.file("a.h5"), sparse_rows(300));
  const auto set = open_file_dataset(scratch.file("a.h5"));
  {
    const Shard whole = set->load({0, 300});
    const Shard part = set->load({10, 200});
    CHECK(part.rows()[0].value == whole.rows()[10].value);
    CHECK(set->counts().segments == set->segments().size());
  }
  CHECK(set->counts().held == 0);
}

TEST_CASE("a set's cuts are its segments") {
  const Scratch scratch;
  write_sparse(scratch.file("a.h5"), sparse_rows(300));
  const auto set = open_file_dataset(scratch.file("a.h5"));
  const std::vector<Cut> cuts = set->cuts();
  REQUIRE(cuts.size() == set->segments().size());
  CHECK(cuts.front().rows.first == 0);
  CHECK(cuts.back().rows.last == 300);
  std::uint64_t entries = 0;
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    entries += cuts[i].entries;
    if (i > 0) CHECK(cuts[i].rows.first == cuts[i - 1].rows.last);
  }
  CHECK(entries == set->facts().entries);
  const auto in_memory = memory_dataset(sparse_rows(300), 20);
  REQUIRE(in_memory->cuts().size() == 1);
  CHECK(in_memory->cuts()[0].rows == RowRange{0, 300});
}

TEST_CASE("a segment that left memory is read again, and beside one that stayed") {
  const Scratch scratch;
  const auto rows = sparse_rows(300);
  write_sparse(scratch.file("a.h5"), rows);
  const auto set = open_dataset(scratch.file("a.h5"));
  const Shard middle = set->load({140, 150});
  { const Shard whole = set->load({0, 300}); }
  CHECK(same_rows(middle, rows, 140));
  CHECK(same_rows(set->load({0, 300}), rows, 0));
}

TEST_CASE("pages stay as long as somebody looks at them, and no longer") {
  const Scratch scratch;
  make_linear({.rows = 10000, .features = 256}, scratch.file("l.h5"));
  const auto set = open_file_dataset(scratch.file("l.h5"));
  REQUIRE(set->segments().size() == 2);
  Shard kept = set->load({100, 9900});
  const float* const value = kept.rows()[4000].value;
  const std::vector<float> before(value, value + 256);
  { const Shard whole = set->load({0, 10000}); }
  CHECK(std::equal(before.begin(), before.end(), value));
  CHECK(set->counts().held == 2);
  const Shard end = set->load({9000, 10000});
  kept = Shard();
  CHECK(set->counts().held == 1);
  CHECK(value[0] == 0.0F);  // the addresses are still reserved, the page is gone
}

TEST_CASE("a shard outlives the data set it came from") {
  const Scratch scratch;
  const auto rows = sparse_rows(50);
  write_sparse(scratch.file("a.h5"), rows);
  const Shard shard = open_dataset(scratch.file("a.h5"))->load({20, 50});
  CHECK(same_rows(shard, rows, 20));
}

TEST_CASE("several threads load neighbouring ranges and read no segment twice") {
  const Scratch scratch;
  const auto rows = sparse_rows(400);
  write_sparse(scratch.file("a.h5"), rows);
  const auto set = open_file_dataset(scratch.file("a.h5"));
  std::vector<Shard> shards(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { shards[i] = set->load({i * 50, i * 50 + 50}); });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < 8; ++i) CHECK(same_rows(shards[i], rows, i * 50));
  CHECK(set->counts().segments == set->segments().size());
}

TEST_CASE("the same rows give the same bytes") {
  const Scratch scratch;
  write_sparse(scratch.file("a.h5"), sparse_rows(100));
  write_sparse(scratch.file("b.h5"), sparse_rows(100));
  CHECK(contents(scratch.file("a.h5")) == contents(scratch.file("b.h5")));
}

TEST_CASE("a set of rows without entries is written and read") {
  const Scratch scratch;
  write_sparse(scratch.file("a.h5"), std::vector<SparseRow>(5));
  const Shard shard = open_dataset(scratch.file("a.h5"))->load({1, 4});
  CHECK(shard.rows().size() == 3);
  CHECK(shard.rows()[2].size == 0);
}

TEST_CASE("a file that somebody has locked can be read") {
  const Scratch scratch;
  write_sparse(scratch.file("a.h5"), sparse_rows(10));
  const int other = open(scratch.file("a.h5").c_str(), O_RDWR);
  CHECK(flock(other, LOCK_EX | LOCK_NB) == 0);
  CHECK(open_dataset(scratch.file("a.h5"))->facts().rows == 10);
  close(other);
}

TEST_CASE("an unfinished or empty set leaves nothing behind") {
  const Scratch scratch;
  {
    DatasetWriter writer(scratch.file("a.h5"), {.sparse = true, .features = 20});
    writer.add(view(sparse_rows(1)[0]));
  }
  CHECK(scratch.files() == 0);
  CHECK(refusal([&] { write_sparse(scratch.file("a.h5"), {}); }) ==
        scratch.file("a.h5") + ": not written: there are no rows or no features");
  CHECK(scratch.files() == 0);
}

TEST_CASE("a set that does not fit on the disk leaves one line and nothing else") {
  const Scratch scratch;
  for (const rlim_t bytes : {1000, 20000, 5000000}) {
    const std::string line = refusal([&] {
      const FileLimit limit(bytes);
      write_sparse(scratch.file("a.h5"), sparse_rows(300));
    });
    CHECK(line == scratch.file("a.h5") + ": cannot be written: File too large");
    CHECK(scratch.files() == 0);
  }
}

TEST_CASE("a set cannot be written where it must not") {
  const Scratch scratch;
  const auto rows = sparse_rows(1);
  CHECK(refusal([&] { write_sparse("/nonexistent/a.h5", rows); }) ==
        "/nonexistent/a.h5: cannot be written: No such file or directory");
  CHECK(refusal([&] { write_sparse(scratch.folder(), rows); }) ==
        scratch.folder() + ": cannot be written: it is not a regular file");
  const DatasetWriter first(scratch.file("a.h5"), {.sparse = true, .features = 20});
  CHECK(refusal([&] { write_sparse(scratch.file("a.h5"), rows); }) ==
        scratch.file("a.h5") + ": cannot be written: another process is writing it");
}
