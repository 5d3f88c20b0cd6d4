/// A data set: bytes that begin as HDF5 does are a file; any others are offsets and
/// indices under right checksums, which is the worst that a source can give, and need
/// no file to be tried thousands of times a second. What opens can be read whole.
#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "datasets/file_dataset.hpp"
#include "datasets/segment_source.hpp"
#include "tests/fuzz/importing.hpp"

using namespace troupe;

namespace {

// Every entry of every row, as a model visits them.
double sum_of(const std::shared_ptr<const Dataset>& set) {
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

/// Gives the arrays as the reader of files does: whole, but for the offsets between
/// segments, then verified.
class HostileSource final : public SegmentSource {
 public:
  explicit HostileSource(Hostile all) : all_(std::move(all)) {
    all_.manifest.facts.manifest_crc32c = checksum(all_.manifest);
    const std::string wrong = disagreement(all_.manifest);
    if (!wrong.empty()) refuse(wrong);
  }
  const std::string& name() const override { return name_; }
  const Manifest& manifest() const override { return all_.manifest; }

  void read(SegmentRun run, const SegmentSpace& into) const override {
    const SegmentEntry& head = all_.manifest.segments[run.first];
    const auto copy = [](const auto& from, std::uint64_t first, auto to) {
      std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(first), to.size(), to.begin());
    };
    copy(all_.label, head.first_row, into.label);
    copy(all_.offsets, head.first_row + 1, into.offsets.subspan(1, into.offsets.size() - 2));
    copy(all_.index, head.first_entry, into.index);
    copy(all_.value, head.first_entry, into.value);
    for (std::size_t i = run.first; i < run.last; ++i) {
      const std::string wrong =
          damage(all_.manifest, i, part_of(all_.manifest, run, into, i).bytes());
      if (!wrong.empty()) refuse(wrong);
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw UserError(ExitCode::data, name_ + ": " + what);
  }
  std::string name_ = "hostile";
  Hostile all_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const FuzzScratch scratch;
  if (std::string_view(reinterpret_cast<const char*>(data), size).starts_with("\x89HDF")) {
    const std::string path = scratch.write("set.h5", data, size);
    refused([&] { sum_of(open_dataset(path)); });
  } else if (size >= 3) {
    refused(
        [&] { sum_of(open_file_dataset(std::make_unique<HostileSource>(hostile(data, size)))); });
  }
  return 0;
}
