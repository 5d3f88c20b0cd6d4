/// Segments of our HDF5 layout: each array of a run is read in one call. It
/// refuses what the manifest does not vouch for.
#include <fmt/core.h>

#include "datasets/segment_source.hpp"

namespace troupe {
namespace {

constexpr const char* remedy =
    "restore the file from a copy or make it again with `troupe data make` or `troupe data import`";

struct Column {
  const char* name = "";
  H5Column data = {};
};

class SegmentFile final : public SegmentSource {
 public:
  explicit SegmentFile(const std::string& path)
      : file_(path, remedy), manifest_(read_manifest(file_)) {
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
    read_arrays(run, into);
    for (std::size_t i = run.first; i < run.last; ++i) {
      const std::string wrong = damage(manifest_, i, part_of(manifest_, run, into, i).bytes());
      if (!wrong.empty()) file_.refuse(fmt::format("datasets {}, {}", array_names(), wrong));
    }
  }

 private:
  Column column(const char* name, H5Element element, H5Shape shape) const {
    return {name, file_.column(name, element, shape)};
  }

  void read_arrays(SegmentRun run, const SegmentSpace& into) const {
    const SegmentEntry& head = manifest_.segments[run.first];
    const SegmentEntry& tail = manifest_.segments[run.last - 1];
    const std::uint64_t rows_end = tail.first_row + tail.rows;
    const std::uint64_t entries_end = tail.first_entry + tail.entries;
    read(label_, {head.first_row, rows_end}, into.label.data(), run);
    if (!manifest_.facts.sparse)
      return read(value_, {head.first_row, rows_end}, into.value.data(), run);
    // Without the offsets at both ends, which neighbours may be using.
    read(offsets_, {head.first_row + 1, rows_end}, into.offsets.data() + 1, run);
    read(index_, {head.first_entry, entries_end}, into.index.data(), run);
    read(value_, {head.first_entry, entries_end}, into.value.data(), run);
  }

  void read(const Column& column, RowRange range, void* into, SegmentRun run) const {
    if (!column.data.read(range.first, range.size(), into))
      file_.refuse(fmt::format("dataset '{}', segment {}: cannot be read", column.name, run.first));
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
