#include "datasets/file_dataset.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/check.hpp"
#include "datasets/arena.hpp"

namespace troupe {
namespace {

/// The arrays of one set, filled segment by segment. A segment is absent, being
/// read by one thread, or ready; ready ones go when nobody uses them.
class SegmentStore {
 public:
  explicit SegmentStore(std::unique_ptr<const SegmentSource> source)
      : source_(std::move(source)),
        manifest_(source_->manifest()),
        slots_(manifest_.segments.size()) {
    const DataFacts& all = manifest_.facts;
    const std::string& name = source_->name();
    label_ = {all.rows, sizeof(float), name};
    if (!all.sparse) {
      value_ = {all.rows, sizeof(float) * all.features, name};
      return;
    }
    offsets_ = {all.rows + 1, sizeof(std::uint64_t), name};
    index_ = {all.entries, sizeof(std::uint32_t), name};
    value_ = {all.entries, sizeof(float), name};
    // Neighbours share these, so they come from the manifest and stay.
    for (const SegmentEntry& segment : manifest_.segments)
      put_offset(segment.first_row, segment.first_entry);
    put_offset(all.rows, all.entries);
  }

  const Manifest& manifest() const { return manifest_; }

  Rows rows() const {
    const DataFacts& all = manifest_.facts;
    const auto* label = label_.arena.as<float>();
    if (!all.sparse) return Rows::dense(all.rows, value_.arena.as<float>(), label, all.features);
    return Rows::sparse({offsets(), all.rows + 1}, index_.arena.as<std::uint32_t>(),
                        value_.arena.as<float>(), label, all.features);
  }

  /// Segments [first, last) are in memory and verified until release().
  void acquire(std::size_t first, std::size_t last) {
    std::unique_lock lock(mutex_);
    for (std::size_t i = first; i < last; ++i) ++slots_[i].users;
    try {
      while (fill_some(first, last, lock)) {
      }
    } catch (...) {
      give_back(first, last);
      throw;
    }
  }

  void release(std::size_t first, std::size_t last) {
    const std::lock_guard lock(mutex_);
    give_back(first, last);
  }

  FileDataset::Counts counts() const {
    const std::lock_guard lock(mutex_);
    FileDataset::Counts counts = counts_;
    for (const Slot& slot : slots_) counts.held += slot.state == State::ready ? 1 : 0;
    return counts;
  }

  SegmentSpace space(SegmentRun run) const {
    const SegmentEntry& head = manifest_.segments[run.first];
    const SegmentEntry& tail = manifest_.segments[run.last - 1];
    const std::uint64_t rows = tail.first_row + tail.rows - head.first_row;
    const std::uint64_t entries = tail.first_entry + tail.entries - head.first_entry;
    SegmentSpace found;
    found.label = {label_.arena.as<float>() + head.first_row, rows};
    found.value = {value_.arena.as<float>() + head.first_entry, entries};
    if (!manifest_.facts.sparse) return found;
    found.offsets = {offsets() + head.first_row, rows + 1};
    found.index = {index_.arena.as<std::uint32_t>() + head.first_entry, entries};
    return found;
  }

 private:
  struct Array {
    Array() = default;
    Array(std::uint64_t rows, std::size_t bytes_of_row, const std::string& name)
        : row_bytes(bytes_of_row), arena(rows * row_bytes, name) {}
    void hold(RowRange rows) const { arena.hold(rows.first * row_bytes, rows.last * row_bytes); }
    void release(RowRange rows, Arena::Shared shared) const {
      arena.release(rows.first * row_bytes, rows.last * row_bytes, shared);
    }
    std::size_t row_bytes = 0;
    Arena arena;
  };
  enum class State { absent, reading, ready };
  struct Slot {
    State state = State::absent;
    std::uint32_t users = 0;
  };

  void put_offset(std::uint64_t row, std::uint64_t entry) const {
    offsets_.hold({row, row + 1});
    offsets()[row] = entry;
  }
  std::uint64_t* offsets() const { return offsets_.arena.as<std::uint64_t>(); }

  // Reads the first run of absent segments, or waits for another thread's; false
  // when all are ready.
  bool fill_some(std::size_t first, std::size_t last, std::unique_lock<std::mutex>& lock) {
    std::size_t begin = first;
    while (begin < last && slots_[begin].state == State::ready) ++begin;
    if (begin == last) return false;
    while (begin < last && slots_[begin].state != State::absent) ++begin;
    if (begin == last) {
      changed_.wait(lock);
      return true;
    }
    std::size_t end = begin;
    while (end < last && slots_[end].state == State::absent) slots_[end++].state = State::reading;
    State outcome = State::absent;
    lock.unlock();
    try {
      hold({begin, end});
      source_->read({begin, end}, space({begin, end}));
      outcome = State::ready;
    } catch (...) {
      settle(begin, end, outcome, lock);
      throw;
    }
    settle(begin, end, outcome, lock);
    return true;
  }

  void settle(std::size_t begin, std::size_t end, State outcome,
              std::unique_lock<std::mutex>& lock) {
    lock.lock();
    for (std::size_t i = begin; i < end; ++i) slots_[i].state = outcome;
    counts_.segments += end - begin;
    counts_.calls += manifest_.facts.sparse ? 4 : 2;
    changed_.notify_all();
  }

  void give_back(std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      if (--slots_[i].users > 0) continue;
      slots_[i].state = State::absent;
      release(i);
    }
  }

  static RowRange rows_of(const SegmentEntry& part) {
    return {part.first_row, part.first_row + part.rows};
  }
  static RowRange entries_of(const SegmentEntry& part) {
    return {part.first_entry, part.first_entry + part.entries};
  }

  void hold(SegmentRun run) const {
    const SegmentEntry& head = manifest_.segments[run.first];
    const SegmentEntry& tail = manifest_.segments[run.last - 1];
    const RowRange rows{head.first_row, rows_of(tail).last};
    const RowRange entries{head.first_entry, entries_of(tail).last};
    label_.hold(rows);
    if (!manifest_.facts.sparse) return value_.hold(rows);
    offsets_.hold(rows);
    index_.hold(entries);
    value_.hold(entries);
  }

  void release(std::size_t i) const {
    release(label_, rows_of, i);
    if (!manifest_.facts.sparse) return release(value_, rows_of, i);
    const RowRange rows = rows_of(manifest_.segments[i]);
    offsets_.release({rows.first + 1, rows.last}, {});
    release(index_, entries_of, i);
    release(value_, entries_of, i);
  }

  // A page at an edge goes with the last segment that has a part of it.
  template <class Extent>
  void release(const Array& array, Extent extent, std::size_t i) const {
    const std::vector<SegmentEntry>& all = manifest_.segments;
    const RowRange own = extent(all[i]);
    const auto used = [this](std::size_t j) { return slots_[j].state != State::absent; };
    const auto page = [&array](std::uint64_t row) { return row * array.row_bytes / Arena::page(); };
    Arena::Shared shared{false, false};
    for (std::size_t j = i; !shared.first && j-- > 0;) {
      const RowRange other = extent(all[j]);
      if (other.last * array.row_bytes <= page(own.first) * Arena::page()) break;
      shared.first = used(j);
    }
    for (std::size_t j = i + 1; !shared.last && j < all.size(); ++j) {
      if (extent(all[j]).first * array.row_bytes >= (page(own.last) + 1) * Arena::page()) break;
      shared.last = used(j);
    }
    array.release(own, shared);
  }

  const std::unique_ptr<const SegmentSource> source_;
  const Manifest& manifest_;
  Array label_, offsets_, index_, value_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Slot> slots_;
  FileDataset::Counts counts_;
};

/// Keeps some segments in memory; many shards may hold the store, each its part.
struct Lease {
  Lease(std::shared_ptr<SegmentStore> from, std::size_t begin, std::size_t end)
      : store(std::move(from)), first(begin), last(end) {
    store->acquire(first, last);
  }
  ~Lease() { store->release(first, last); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  std::shared_ptr<SegmentStore> store;
  std::size_t first;
  std::size_t last;
};

class OpenDataset final : public FileDataset {
 public:
  explicit OpenDataset(std::unique_ptr<const SegmentSource> source)
      : store_(std::make_shared<SegmentStore>(std::move(source))) {}
  const DataFacts& facts() const override { return store_->manifest().facts; }
  const Manifest& manifest() const override { return store_->manifest(); }
  Counts counts() const override { return store_->counts(); }
  std::vector<Cut> cuts() const override {
    std::vector<Cut> all;
    for (const SegmentEntry& part : segments())
      all.push_back({{part.first_row, part.first_row + part.rows}, part.entries});
    return all;
  }

  Segment segment(std::size_t i) const override {
    auto lease = std::make_shared<Lease>(store_, i, i + 1);
    return {std::move(lease), store_->space({i, i + 1}).bytes()};
  }

  Shard load(RowRange range) const override {
    TROUPE_CHECK(range.first, <=, range.last);
    TROUPE_CHECK(range.last, <=, facts().rows);
    const auto starts_after = [](std::uint64_t row, const SegmentEntry& segment) {
      return row < segment.first_row;
    };
    const auto& all = segments();
    const auto first = std::upper_bound(all.begin(), all.end(), range.first, starts_after) - 1;
    const auto last = range.size() == 0
                          ? first
                          : std::upper_bound(first, all.end(), range.last - 1, starts_after);
    auto lease = std::make_shared<Lease>(store_, static_cast<std::size_t>(first - all.begin()),
                                         static_cast<std::size_t>(last - all.begin()));
    return {std::move(lease), store_->rows().slice(range.first, range.size())};
  }

 private:
  std::shared_ptr<SegmentStore> store_;
};

}  // namespace

std::shared_ptr<const FileDataset> open_file_dataset(const std::string& path) {
  return open_file_dataset(open_segment_file(path));
}

std::shared_ptr<const FileDataset> open_file_dataset(std::unique_ptr<const SegmentSource> source) {
  return std::make_shared<OpenDataset>(std::move(source));
}

std::shared_ptr<const Dataset> open_dataset(const std::string& path) {
  return open_file_dataset(path);
}

}  // namespace troupe
