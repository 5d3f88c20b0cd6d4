#include "datasets/segment_cache.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

namespace troupe {
namespace {

namespace fs = std::filesystem;

// What a killed process left half written is nobody's after so long.
constexpr auto abandoned_after = std::chrono::hours(1);
constexpr const char* half_written = ".partial";
// Parts of the limit that are written between two looks at the folder.
constexpr std::uint64_t looks = 16;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

// All parts in one call, or what is left of them in the next one.
template <class Part, class Move>
bool move_all(std::span<const Part> parts, Move move) {
  std::vector<iovec> vectors;
  std::size_t left = 0;
  for (const Part& part : parts) {
    vectors.push_back({const_cast<std::byte*>(part.data()), part.size()});
    left += part.size();
  }
  std::size_t first = 0;
  std::size_t done = 0;
  while (left > 0) {
    const ssize_t moved = move(vectors.data() + first, static_cast<int>(vectors.size() - first),
                               static_cast<off_t>(done));
    if (moved < 0 && errno == EINTR) continue;
    if (moved <= 0) return false;
    auto size = static_cast<std::size_t>(moved);
    done += size;
    left -= size;
    while (size > 0 || (first < vectors.size() && vectors[first].iov_len == 0)) {
      iovec& vector = vectors[first];
      const std::size_t part = std::min(size, vector.iov_len);
      vector.iov_base = static_cast<std::byte*>(vector.iov_base) + part;
      vector.iov_len -= part;
      size -= part;
      if (vector.iov_len == 0) ++first;
    }
  }
  return true;
}

struct Kept {
  fs::path path;
  std::uint64_t bytes = 0;
  fs::file_time_type used;
};

bool is_crc(std::string_view text) {
  return text.size() == 8 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "<segment>-<crc>", or that with ".<pid>.<n>.partial" while it is written.
bool is_ours(const std::string& name) {
  const std::size_t dash = name.find('-');
  if (dash == std::string::npos || !is_number(std::string_view(name).substr(0, dash))) return false;
  const std::string_view rest = std::string_view(name).substr(dash + 1);
  return is_crc(rest.substr(0, 8)) &&
         (rest.size() == 8 || (rest[8] == '.' && name.ends_with(half_written)));
}

// Every file of the cache, the last used one first; others' files are left alone, for
// the folder may be anybody's.
std::vector<Kept> files_in(const std::string& folder) {
  std::vector<Kept> files;
  std::error_code ignored;
  for (const auto& set : fs::directory_iterator(folder, ignored)) {
    if (!is_crc(set.path().filename().string())) continue;
    for (const auto& file : fs::directory_iterator(set.path(), ignored)) {
      std::error_code vanished;
      if (!file.is_regular_file(vanished) || !is_ours(file.path().filename().string())) continue;
      Kept kept{file.path(), file.file_size(vanished), {}};
      kept.used = file.last_write_time(vanished);
      if (!vanished) files.push_back(std::move(kept));
    }
  }
  std::ranges::sort(files, [](const Kept& a, const Kept& b) { return a.used > b.used; });
  return files;
}

}  // namespace

std::string standard_cache_folder() {
  const auto set = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value != nullptr && value[0] == '/' ? value : "";
  };
  if (const std::string base = set("XDG_CACHE_HOME"); !base.empty()) return base + "/troupe";
  const std::string home = set("HOME");
  return home.empty() ? home : home + "/.cache/troupe";
}

SegmentCache::SegmentCache(std::string folder, std::uint64_t limit,
                           std::function<void(const std::string&)> warn)
    : folder_(std::move(folder)), limit_(limit), warn_(std::move(warn)), untrimmed_(limit) {}

std::string SegmentCache::file_of(const CacheKey& key) const {
  return fmt::format("{}/{:08x}/{}-{:08x}", folder_, key.manifest_crc32c, key.segment, key.crc32c);
}

SegmentCache::Found SegmentCache::read(const CacheKey& key,
                                       std::span<const std::span<std::byte>> parts) const {
  const Descriptor file(open(file_of(key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.number() < 0) return Found::nothing;
  std::uint64_t expected = 0;
  for (const auto& part : parts) expected += part.size();
  struct stat status {};
  if (fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) != expected)
    return Found::unusable;
  const bool whole = move_all(parts, [&](const iovec* to, int count, off_t at) {
    return preadv(file.number(), to, count, at);
  });
  if (!whole) return Found::unusable;
  futimens(file.number(), nullptr);  // used now: the last to be thrown away
  return Found::whole;
}

void SegmentCache::keep(const CacheKey& key, std::span<const std::span<const std::byte>> parts) {
  if (off_) return;
  static std::atomic<std::uint64_t> counter = 0;
  const std::string path = file_of(key);
  const std::string half = fmt::format("{}.{}.{}{}", path, getpid(), ++counter, half_written);
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return give_up(path, error.value());
  const Descriptor file(
      open(half.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.number() < 0) return give_up(path, errno);
  const bool whole = move_all(parts, [&](const iovec* from, int count, off_t at) {
    return pwritev(file.number(), from, count, at);
  });
  if (!whole || rename(half.c_str(), path.c_str()) != 0) {
    const int why = errno;
    unlink(half.c_str());
    return give_up(path, why);
  }
  const std::lock_guard lock(mutex_);
  for (const auto& part : parts) untrimmed_ += part.size();
  if (untrimmed_ >= limit_ / looks) trim();
}

void SegmentCache::discard(const CacheKey& key) const { unlink(file_of(key).c_str()); }

void SegmentCache::give_up(const std::string& path, int error) {
  if (!off_.exchange(true))
    warn_(fmt::format("{}: cannot be written: {}; fetched segments are not kept", path,
                      std::strerror(error)));
}

// Other processes may do the same: a file that is gone already is no error.
void SegmentCache::trim() {
  untrimmed_ = 0;
  const auto now = fs::file_time_type::clock::now();
  std::uint64_t sum = 0;
  for (const Kept& kept : files_in(folder_)) {
    std::error_code error;
    if (kept.path.extension() == half_written) {
      if (now - kept.used > abandoned_after) fs::remove(kept.path, error);
      continue;
    }
    sum += kept.bytes;
    if (sum > limit_) fs::remove(kept.path, error);
  }
}

}  // namespace troupe
