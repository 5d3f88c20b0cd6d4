/// The Dataset behind open_dataset(), for those who want to see what it read.
/// A segment is in memory once, however many shards show it, and no longer.
#pragma once

#include "datasets/dataset.hpp"
#include "datasets/segment_source.hpp"

namespace troupe {

class FileDataset : public Dataset {
 public:
  struct Counts {
    std::uint64_t segments = 0;  ///< read and verified
    std::uint64_t calls = 0;     ///< reads of one array each
    std::uint64_t held = 0;      ///< segments in memory now
  };
  virtual Counts counts() const = 0;
  virtual const Manifest& manifest() const = 0;
  const std::vector<SegmentEntry>& segments() const { return manifest().segments; }
  /// One segment in memory, for whoever passes it on.
  struct Segment {
    std::shared_ptr<const void> owner;
    SegmentBytes bytes;
  };
  virtual Segment segment(std::size_t i) const = 0;
};

std::shared_ptr<const FileDataset> open_file_dataset(const std::string& path);
std::shared_ptr<const FileDataset> open_file_dataset(std::unique_ptr<const SegmentSource> source);

}  // namespace troupe
