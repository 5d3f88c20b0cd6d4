/// A data set whose file is in another process: segments come from a cache on this
/// machine's disk or over the network. It uses and keeps none before its checksum
/// is that of the manifest.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/segment_cache.hpp"
#include "datasets/segment_source.hpp"

namespace troupe {

/// The bytes of a segment in the order of its checksum: labels, offsets, indices,
/// values; and where in memory each of them goes.
class SegmentImage {
 public:
  explicit SegmentImage(const SegmentSpace& space);
  std::size_t size() const { return size_; }
  std::span<const std::span<std::byte>> parts() const { return parts_; }
  /// Copies bytes that begin at this place of the image, and fit into it.
  void place(std::size_t offset, std::span<const std::byte> bytes) const;

 private:
  std::unique_ptr<std::array<std::uint64_t, 2>> edges_;  // of the offsets, which are not ours
  std::vector<std::span<std::byte>> parts_;
  std::size_t size_ = 0;
};
/// How long that is.
std::uint64_t image_bytes(const Manifest& manifest, std::size_t segment);

struct SegmentOrder {
  std::size_t segment = 0;
  SegmentImage image;
};

/// Gets bytes from a process that has the file. It verifies nothing.
class SegmentFetcher {
 public:
  virtual ~SegmentFetcher() = default;
  /// How messages call that process.
  virtual const std::string& from() const = 0;
  /// Throws UserError (exit 4), as fetch() does, when no answer comes in time.
  virtual Manifest manifest() = 0;
  /// Fills the images one after the other. While `arrived` looks at one, the next is on its
  /// way. May be called from several threads.
  virtual void fetch(const Manifest& manifest, std::span<const SegmentOrder> orders,
                     const std::function<void(const SegmentOrder&)>& arrived) = 0;
};

/// Something that an operator should know.
struct DataReport {
  std::string what;    ///< a word: "data_served"
  std::string detail;  ///< a sentence
  bool sum = false;    ///< of everything so far: only the last one counts
};
using DataNews = std::function<void(const DataReport&)>;

struct Serving {
  std::shared_ptr<SegmentFetcher> fetcher;
  std::string cache_folder;  ///< empty: none
  std::uint64_t cache_limit = 0;
  DataNews news;
};

/// Fetches the manifest. Throws UserError: exit 4 when nothing comes, exit 3 when what
/// comes is wrong twice.
std::unique_ptr<SegmentSource> serve_segments(Serving serving);

}  // namespace troupe
