/// Segments on this machine's disk that once came over the network, a file each.
/// It vouches for nothing: whoever reads verifies, and throws away what is wrong.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>

namespace troupe {

/// The segment's own checksum is too short a name: of 100,000 segments two would
/// share one. With manifest and place in it, files of two sets never meet.
struct CacheKey {
  std::uint32_t manifest_crc32c = 0;
  std::size_t segment = 0;
  std::uint32_t crc32c = 0;
};

/// Where data.cache = "auto" leads: $XDG_CACHE_HOME/troupe or ~/.cache/troupe;
/// empty when neither is known.
std::string standard_cache_folder();

class SegmentCache {
 public:
  enum class Found { nothing, whole, unusable };

  /// Keeps at most `limit` bytes, the last used ones. `warn` gets one line when the
  /// folder cannot be written; from then on nothing is kept any more.
  SegmentCache(std::string folder, std::uint64_t limit,
               std::function<void(const std::string&)> warn);

  const std::string& folder() const { return folder_; }
  std::string file_of(const CacheKey& key) const;
  /// Fills the parts one after the other; unusable when the file has another size.
  Found read(const CacheKey& key, std::span<const std::span<std::byte>> parts) const;
  /// The file appears whole or not at all. May be called from several threads and processes.
  void keep(const CacheKey& key, std::span<const std::span<const std::byte>> parts);
  void discard(const CacheKey& key) const;

 private:
  void give_up(const std::string& path, int error);
  void trim();

  std::string folder_;
  std::uint64_t limit_;
  std::function<void(const std::string&)> warn_;
  std::atomic<bool> off_ = false;
  std::mutex mutex_;
  std::uint64_t untrimmed_;  ///< bytes kept since the folder was last looked at
};

}  // namespace troupe
