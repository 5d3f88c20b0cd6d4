/// Segments of our HDF5 layout, each array read in large pieces. It refuses what the
/// manifest does not vouch for.
#include <fmt/core.h>

#include <algorithm>

#include "base/checksum.hpp"
#include "datasets/segment_source.hpp"

namespace troupe {
namespace {

constexpr const char* segment_remedy =
    "restore the file from a copy or make it again with `troupe data make` or `troupe data import`";

constexpr std::size_t summed_bytes = std::size_t{1} << 20;

struct Column {
  const char* name = "";
  H5Column data = {};
};

class SegmentFile final : public SegmentSource {
 public:
  explicit SegmentFile(const std::string& path)
      : file_(path, segment_remedy), manifest_(read_manifest(file_)) {
    const DataFacts& all = manifest_.facts;
    label_ = column("labels", H5Element::f32, {all.rows, 0});
    if (!all.sparse) {
      value_ = column("values", H5Element::f32, {all.rows, all.features});
      return;
    }
    offsets_ = column("offsets", H5Element::u64, {all.rows + 1, 0});
    index_ = column("indices", H5Element::u32, {all.entries, 0});
    value_ = column("values", H5Element::f32, {all.entries, 0});
  }

  const std::string& name() const override { return file_.path(); }
  const Manifest& manifest() const override { return manifest_; }

  // libhdf5 serialises the reading, not the verifying.
  void read(SegmentRun run, const SegmentSpace& into) const override {
    for (std::size_t i = run.first; i < run.last; ++i) {
      const SegmentSpace part = part_of(manifest_, run, into, i);
      const std::uint32_t found = read_arrays(i, part);
      const std::string wrong = damage(manifest_, i, part.bytes(), found);
      if (!wrong.empty()) file_.refuse(fmt::format("datasets {}, {}", array_names(), wrong));
    }
  }

 private:
  Column column(const char* name, H5Element element, H5Shape shape) const {
    return {name, file_.column(name, element, shape)};
  }

  // Their checksum, in the order of checksum(SegmentBytes).
  std::uint32_t read_arrays(std::size_t i, const SegmentSpace& into) const {
    const SegmentEntry& part = manifest_.segments[i];
    std::uint32_t sum = read(label_, part.first_row, into.label, {i});
    if (!manifest_.facts.sparse) return read_rows(part, into.value, {i, sum});
    // Without the offsets at both ends, which neighbours may be using.
    read(offsets_, part.first_row + 1, into.offsets.subspan(1, part.rows - 1), {i});
    sum = crc32c(std::as_bytes(into.offsets), sum);
    sum = read(index_, part.first_entry, into.index, {i, sum});
    return read(value_, part.first_entry, into.value, {i, sum});
  }

  /// The segment, for messages, and the checksum of what was read of it.
  struct SoFar {
    std::size_t segment = 0;
    std::uint32_t sum = 0;
  };

  // Piece by piece, each summed while the core's own cache still holds it.
  template <class T>
  std::uint32_t read(const Column& column, std::uint64_t first, std::span<T> into,
                     SoFar so_far) const {
    constexpr std::size_t piece = summed_bytes / sizeof(T);
    for (std::size_t at = 0; at < into.size(); at += piece) {
      const std::span<T> some = into.subspan(at, std::min(piece, into.size() - at));
      read_rows(column, {first + at, first + at + some.size()}, some.data(), so_far.segment);
      so_far.sum = crc32c(std::as_bytes(some), so_far.sum);
    }
    return so_far.sum;
  }

  // Dense values are rows of the file's array.
  std::uint32_t read_rows(const SegmentEntry& part, std::span<float> into, SoFar so_far) const {
    const std::size_t width = std::max<std::size_t>(manifest_.facts.features, 1);
    const std::uint64_t piece = std::max<std::uint64_t>(summed_bytes / sizeof(float) / width, 1);
    for (std::uint64_t row = 0; row < part.rows; row += piece) {
      const std::uint64_t rows = std::min(piece, part.rows - row);
      const std::span<float> some = into.subspan(row * width, rows * width);
      const std::uint64_t first = part.first_row + row;
      read_rows(value_, {first, first + rows}, some.data(), so_far.segment);
      so_far.sum = crc32c(std::as_bytes(some), so_far.sum);
    }
    return so_far.sum;
  }

  void read_rows(const Column& column, RowRange range, void* into, std::size_t segment) const {
    if (!column.data.read(range.first, range.size(), into))
      file_.refuse(fmt::format("dataset '{}', segment {}: cannot be read", column.name, segment));
  }

  const char* array_names() const {
    return manifest_.facts.sparse ? "labels, offsets, indices, values" : "labels, values";
  }

  H5Reader file_;
  Manifest manifest_;
  Column label_, offsets_, index_, value_;
};

}  // namespace

std::unique_ptr<SegmentSource> open_segment_file(const std::string& path) {
  return std::make_unique<SegmentFile>(path);
}

}  // namespace troupe
