#include "datasets/file_dataset.hpp"

#include <fmt/core.h>
#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/check.hpp"
#include "base/user_error.hpp"
#include "datasets/arena.hpp"

namespace troupe {
namespace {

constexpr const char* remedy =
    "restore the file from a copy or make it again with `troupe data make` or `troupe data import`";

/// The arrays of one file, filled segment by segment. A segment is absent, being
/// read by one thread, or ready; ready ones go when nobody uses them.
class SegmentStore {
 public:
  explicit SegmentStore(const std::string& path)
      : file_(path, remedy), manifest_(read_manifest(file_)), slots_(manifest_.segments.size()) {
    const DataFacts& all = manifest_.facts;
    label_ = {file_, "labels", H5Element::f32, {all.rows, 0}};
    if (!all.sparse) {
      value_ = {file_, "values", H5Element::f32, {all.rows, all.features}};
      return;
    }
    offsets_ = {file_, "offsets", H5Element::u64, {all.rows + 1, 0}};
    index_ = {file_, "indices", H5Element::u32, {all.entries, 0}};
    value_ = {file_, "values", H5Element::f32, {all.entries, 0}};
    // Neighbours share these, so they come from the manifest and stay.
    for (const SegmentEntry& segment : manifest_.segments)
      offsets()[segment.first_row] = segment.first_entry;
    offsets()[all.rows] = all.entries;
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

 private:
  struct Array {
    Array() = default;
    Array(const H5Reader& file, const char* called, H5Element element, H5Shape shape)
        : name(called),
          column(file.column(called, element, shape)),
          row_bytes(bytes_of(element) * shape.across()),
          arena(shape.rows * row_bytes, file.path()) {}
    bool read(std::uint64_t first, std::uint64_t last) const {
      return column.read(first, last - first, arena.as<std::byte>() + first * row_bytes);
    }
    void release(std::uint64_t first, std::uint64_t last) {
      arena.release(first * row_bytes, last * row_bytes);
    }
    const char* name = "";
    H5Column column;
    std::size_t row_bytes = 0;
    Arena arena;
  };
  enum class State { absent, reading, ready };
  struct Slot {
    State state = State::absent;
    std::uint32_t users = 0;
  };

  std::uint64_t* offsets() const { return offsets_.arena.as<std::uint64_t>(); }

  // Reads the first run of absent segments, or waits for another thread's; false
  // when all are ready. libhdf5 serialises the reading, not the verifying.
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
      read_run(begin, end);
      for (std::size_t i = begin; i < end; ++i) verify(i);
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
      const SegmentEntry& part = manifest_.segments[i];
      label_.release(part.first_row, part.first_row + part.rows);
      if (manifest_.facts.sparse) {
        offsets_.release(part.first_row + 1, part.first_row + part.rows);
        index_.release(part.first_entry, part.first_entry + part.entries);
        value_.release(part.first_entry, part.first_entry + part.entries);
      } else {
        value_.release(part.first_row, part.first_row + part.rows);
      }
    }
  }

  void read_run(std::size_t begin, std::size_t end) const {
    const SegmentEntry& head = manifest_.segments[begin];
    const SegmentEntry& tail = manifest_.segments[end - 1];
    const std::uint64_t rows_end = tail.first_row + tail.rows;
    const std::uint64_t entries_end = tail.first_entry + tail.entries;
    read(label_, head.first_row, rows_end, begin);
    if (!manifest_.facts.sparse) return read(value_, head.first_row, rows_end, begin);
    // Without the offsets at both ends, which neighbours may be using.
    read(offsets_, head.first_row + 1, rows_end, begin);
    read(index_, head.first_entry, entries_end, begin);
    read(value_, head.first_entry, entries_end, begin);
  }

  void read(const Array& array, std::uint64_t first, std::uint64_t last,
            std::size_t segment) const {
    if (!array.read(first, last))
      file_.refuse(fmt::format("dataset '{}', segment {}: cannot be read", array.name, segment));
  }

  void verify(std::size_t i) const {
    const SegmentEntry& part = manifest_.segments[i];
    SegmentBytes bytes;
    bytes.label = {label_.arena.as<float>() + part.first_row, part.rows};
    bytes.value = {value_.arena.as<float>() + part.first_entry, part.entries};
    if (manifest_.facts.sparse) {
      bytes.offsets = {offsets() + part.first_row, part.rows + 1};
      bytes.index = {index_.arena.as<std::uint32_t>() + part.first_entry, part.entries};
    }
    const std::uint32_t found = checksum(bytes);
    const std::string where = fmt::format("segment {} (rows {} to {})", i, part.first_row,
                                          part.first_row + part.rows - 1);
    if (found != part.crc32c)
      file_.refuse(fmt::format("datasets {}, {}: damaged, checksum {:08x}, expected {:08x}",
                               array_names(), where, found, part.crc32c));
    const std::string unsafe = unsafe_rows(bytes, manifest_.facts);
    if (!unsafe.empty())
      file_.refuse(fmt::format("datasets {}, {}: {}", array_names(), where, unsafe));
  }

  const char* array_names() const {
    return manifest_.facts.sparse ? "labels, offsets, indices, values" : "labels, values";
  }

  H5Reader file_;
  Manifest manifest_;
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
  explicit OpenDataset(const std::string& path) : store_(std::make_shared<SegmentStore>(path)) {}
  const DataFacts& facts() const override { return store_->manifest().facts; }
  const std::vector<SegmentEntry>& segments() const override { return store_->manifest().segments; }
  Counts counts() const override { return store_->counts(); }

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
  return std::make_shared<OpenDataset>(path);
}

std::shared_ptr<const Dataset> open_dataset(const std::string& path) {
  return open_file_dataset(path);
}

}  // namespace troupe
