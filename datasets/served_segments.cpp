#include "datasets/served_segments.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>

#include "base/check.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

using Clock = std::chrono::steady_clock;

// The loads at a run's start are all told, those of a set that is loaded over and
// over only now and then.
constexpr std::uint32_t reports_at_once = 1000;
constexpr auto report_every = std::chrono::seconds(10);

struct Tally {
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  void add(std::uint64_t more) {
    ++segments;
    bytes += more;
  }
};

std::string to_text(const Tally& tally) {
  return fmt::format("{} segment{}, {} bytes", tally.segments, tally.segments == 1 ? "" : "s",
                     tally.bytes);
}

/// Counts what came from where, and says so.
class Books {
 public:
  Books(std::string from, std::string cache, DataNews news)
      : from_(std::move(from)), cache_(std::move(cache)), news_(std::move(news)) {}

  void say(const std::string& what, const std::string& detail) const {
    if (news_) news_({what, detail, false});
  }
  void loaded(const Tally& fetched, const Tally& cached, Clock::duration fetching) {
    const std::lock_guard lock(mutex_);
    fetched_.segments += fetched.segments;
    fetched_.bytes += fetched.bytes;
    cached_.segments += cached.segments;
    cached_.bytes += cached.bytes;
    fetching_ += fetching;
    const auto now = Clock::now();
    if (++loads_ > reports_at_once && now - said_ < report_every) return;
    said_ = now;
    if (news_) news_({"data_served", text(), true});
  }

 private:
  std::string text() const {
    std::string line = fmt::format("{} fetched from {}", to_text(fetched_), from_);
    const double seconds = std::chrono::duration<double>(fetching_).count();
    if (fetched_.bytes > 0 && seconds > 0)
      line += fmt::format(" at {:.0f} MB/s", static_cast<double>(fetched_.bytes) / seconds / 1e6);
    if (!cache_.empty()) line += fmt::format("; {} from {}", to_text(cached_), cache_);
    return line;
  }

  std::string from_;
  std::string cache_;
  DataNews news_;
  std::mutex mutex_;
  Tally fetched_;
  Tally cached_;
  Clock::duration fetching_{};
  std::uint32_t loads_ = 0;
  Clock::time_point said_;
};

Manifest checked(Manifest manifest, const std::string& from) {
  const std::string wrong = disagreement(manifest);
  if (!wrong.empty())
    throw UserError(ExitCode::data,
                    fmt::format("{}: {}, as served by {}", manifest.facts.path, wrong, from));
  return manifest;
}

class ServedSegments final : public SegmentSource {
 public:
  explicit ServedSegments(Serving serving)
      : fetcher_(std::move(serving.fetcher)),
        manifest_(checked(fetcher_->manifest(), fetcher_->from())),
        books_(fetcher_->from(), serving.cache_folder, std::move(serving.news)) {
    if (!serving.cache_folder.empty())
      cache_.emplace(serving.cache_folder, serving.cache_limit,
                     [this](const std::string& line) { books_.say("data_cache_off", line); });
  }

  const std::string& name() const override { return manifest_.facts.path; }
  const Manifest& manifest() const override { return manifest_; }

  void read(SegmentRun run, const SegmentSpace& into) const override {
    Tally fetched;
    Tally cached;
    std::vector<SegmentOrder> missing;
    for (std::size_t i = run.first; i < run.last; ++i) {
      SegmentOrder order{i, SegmentImage(part_of(manifest_, run, into, i))};
      if (cache_ && in_cache(order, part_of(manifest_, run, into, i)))
        cached.add(order.image.size());
      else
        missing.push_back(std::move(order));
    }
    const auto start = Clock::now();
    const auto good = [&](const SegmentOrder& order) { fetched.add(order.image.size()); };
    if (!missing.empty()) fetch(missing, run, into, good);
    books_.loaded(fetched, cached, missing.empty() ? Clock::duration{} : Clock::now() - start);
  }

 private:
  CacheKey key_of(std::size_t segment) const {
    return {.manifest_crc32c = manifest_.facts.manifest_crc32c,
            .segment = segment,
            .crc32c = static_cast<std::uint32_t>(manifest_.segments[segment].crc32c)};
  }

  bool in_cache(const SegmentOrder& order, const SegmentSpace& into) const {
    const CacheKey key = key_of(order.segment);
    const SegmentCache::Found found = cache_->read(key, order.image.parts());
    if (found == SegmentCache::Found::nothing) return false;
    const std::string wrong = found == SegmentCache::Found::whole
                                  ? damage(manifest_, order.segment, into.bytes())
                                  : fmt::format("segment {}: not its size", order.segment);
    if (wrong.empty()) return true;
    books_.say("data_cache_damaged",
               fmt::format("{}: {}; thrown away and fetched again", cache_->file_of(key), wrong));
    cache_->discard(key);
    return false;
  }

  template <class Good>
  void fetch(std::vector<SegmentOrder>& missing, SegmentRun run, const SegmentSpace& into,
             const Good& good) const {
    std::vector<SegmentOrder> again;
    std::string wrong;
    const auto arrived = [&](const SegmentOrder& order) {
      const SegmentBytes bytes = part_of(manifest_, run, into, order.segment).bytes();
      const std::string why = damage(manifest_, order.segment, bytes);
      if (why.empty()) {
        good(order);
        return keep(order.segment, bytes);
      }
      wrong = wrong.empty() ? why : wrong;
      again.push_back({order.segment, SegmentImage(part_of(manifest_, run, into, order.segment))});
    };
    fetcher_->fetch(manifest_, missing, arrived);
    if (again.empty()) return;
    books_.say("data_refused",
               fmt::format("{}, from {}; fetched once more", wrong, fetcher_->from()));
    const std::vector<SegmentOrder> second = std::exchange(again, {});
    wrong.clear();
    fetcher_->fetch(manifest_, second, arrived);
    if (!again.empty())
      throw UserError(ExitCode::data,
                      fmt::format("{}: {}, twice as served by {}; run 'troupe data verify' there",
                                  name(), wrong, fetcher_->from()));
  }

  void keep(std::size_t segment, const SegmentBytes& bytes) const {
    if (!cache_) return;
    const std::array parts{std::as_bytes(bytes.label), std::as_bytes(bytes.offsets),
                           std::as_bytes(bytes.index), std::as_bytes(bytes.value)};
    cache_->keep(key_of(segment), parts);
  }

  std::shared_ptr<SegmentFetcher> fetcher_;
  Manifest manifest_;
  mutable Books books_;
  mutable std::optional<SegmentCache> cache_;
};

}  // namespace

SegmentImage::SegmentImage(const SegmentSpace& space) {
  const auto add = [this](std::span<std::byte> part) {
    if (part.empty()) return;
    parts_.push_back(part);
    size_ += part.size();
  };
  add(std::as_writable_bytes(space.label));
  if (!space.offsets.empty()) {
    edges_ = std::make_unique<std::array<std::uint64_t, 2>>();
    const auto edges = std::as_writable_bytes(std::span(*edges_));
    add(edges.first(sizeof(std::uint64_t)));
    add(std::as_writable_bytes(space.offsets.subspan(1, space.offsets.size() - 2)));
    add(edges.last(sizeof(std::uint64_t)));
  }
  add(std::as_writable_bytes(space.index));
  add(std::as_writable_bytes(space.value));
}

void SegmentImage::place(std::size_t offset, std::span<const std::byte> bytes) const {
  TROUPE_CHECK(offset + bytes.size(), <=, size_);
  for (const std::span<std::byte> part : parts_) {
    if (bytes.empty()) return;
    if (offset >= part.size()) {
      offset -= part.size();
      continue;
    }
    const std::size_t here = std::min(part.size() - offset, bytes.size());
    std::memcpy(part.data() + offset, bytes.data(), here);
    bytes = bytes.subspan(here);
    offset = 0;
  }
}

std::uint64_t image_bytes(const Manifest& manifest, std::size_t segment) {
  const SegmentEntry& part = manifest.segments[segment];
  const std::uint64_t dense = part.rows * sizeof(float) + part.entries * sizeof(float);
  if (!manifest.facts.sparse) return dense;
  return dense + (part.rows + 1) * sizeof(std::uint64_t) + part.entries * sizeof(std::uint32_t);
}

std::unique_ptr<SegmentSource> serve_segments(Serving serving) {
  return std::make_unique<ServedSegments>(std::move(serving));
}

}  // namespace troupe
