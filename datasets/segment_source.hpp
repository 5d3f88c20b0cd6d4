/// Where the bytes of a data set's segments come from. A source places them where
/// it is told; it keeps nothing and decides nothing about memory.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "datasets/layout.hpp"

namespace troupe {

/// The memory of one or several segments in a row. Offsets: one more than rows;
/// those at the edges of segments are right already and shared with neighbours
/// that may be in use, so nobody writes them.
struct SegmentSpace {
  std::span<float> label;
  std::span<std::uint64_t> offsets;
  std::span<std::uint32_t> index;
  std::span<float> value;

  SegmentBytes bytes() const { return {label, offsets, index, value}; }
};

/// Segments [first, last).
struct SegmentRun {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t size() const { return last - first; }
};

/// The part of a run's memory that belongs to one of its segments.
SegmentSpace part_of(const Manifest& manifest, SegmentRun run, const SegmentSpace& space,
                     std::size_t segment);
/// Empty when the bytes are those of the manifest and models can read them safely,
/// else what is wrong: "segment 3 (rows 10 to 19): damaged, checksum ...".
std::string damage(const Manifest& manifest, std::size_t segment, const SegmentBytes& bytes);
/// The same when their checksum is known.
std::string damage(const Manifest& manifest, std::size_t segment, const SegmentBytes& bytes,
                   std::uint32_t found);

class SegmentSource {
 public:
  virtual ~SegmentSource() = default;
  /// What messages call it: the file's path.
  virtual const std::string& name() const = 0;
  virtual const Manifest& manifest() const = 0;
  /// Returns when every segment of the run is there and verified by damage(). Throws
  /// UserError with source and segment. May be called from several threads.
  virtual void read(SegmentRun run, const SegmentSpace& into) const = 0;
};

/// Our HDF5 layout; its manifest is verified. Throws UserError (exit 3).
std::unique_ptr<SegmentSource> open_segment_file(const std::string& path);

}  // namespace troupe
