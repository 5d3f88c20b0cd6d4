/// The features that some rows list, row after row: copied, or left where the rows
/// are, which their keeper holds in memory. It does not say which row listed which.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace troupe {

class Features {
 public:
  using Row = std::span<const std::uint32_t>;
  using Keeper = std::shared_ptr<const void>;

  Features() = default;
  Features(const Features&) = default;
  Features& operator=(const Features&) = default;
  Features(Features&& other) noexcept { swap(other); }
  Features& operator=(Features&& other) noexcept {
    Features taken(std::move(other));  // which leaves it empty, size and all
    swap(taken);
    return *this;
  }
  ~Features() = default;
  Features(std::initializer_list<std::uint32_t> list) : copied_(list), size_(list.size()) {}
  explicit Features(std::vector<std::uint32_t> list)
      : copied_(std::move(list)), size_(copied_.size()) {}
  /// With a keeper, rows to come stay where they are; without one they are copied.
  explicit Features(Keeper keeper) : keeper_(std::move(keeper)) {}

  void reserve(std::size_t rows, std::size_t features) {
    if (in_place())
      rows_.reserve(rows);
    else
      copied_.reserve(features);
  }
  void append(Row row) {
    if (in_place())
      rows_.push_back(row);
    else
      copied_.insert(copied_.end(), row.begin(), row.end());
    size_ += row.size();
  }
  /// The first ones alone.
  void cut(std::size_t size) { size_ = std::min(size_, size); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Then they were checked when the rows were loaded.
  bool in_place() const { return keeper_ != nullptr; }

  /// Those from `first` on, piece by piece; what comes next is asked for in time.
  template <class Visit>
  void each(Visit&& visit, std::size_t first = 0) const {
    std::size_t left = size_ - std::min(first, size_);
    const auto show = [&](Row row) {
      const std::size_t skipped = std::min(first, row.size());
      first -= skipped;
      const Row shown = row.subspan(skipped, std::min(row.size() - skipped, left));
      left -= shown.size();
      if (!shown.empty()) visit(shown);
    };
    if (!in_place()) return show(copied_);
    for (std::size_t i = 0; i < std::min(ahead, rows_.size()); ++i) fetch(rows_[i]);
    for (std::size_t i = 0; i < rows_.size() && left > 0; ++i) {
      if (i + ahead < rows_.size()) fetch(rows_[i + ahead]);
      show(rows_[i]);
    }
  }

  std::vector<std::uint32_t> copy() const {
    std::vector<std::uint32_t> all;
    all.reserve(size_);
    each([&](Row row) { all.insert(all.end(), row.begin(), row.end()); });
    return all;
  }
  bool operator==(const Features& other) const { return copy() == other.copy(); }

 private:
  static constexpr std::size_t ahead = 3;
  static constexpr std::size_t line = 64 / sizeof(std::uint32_t);
  // The processor itself follows a row that is longer.
  static constexpr std::size_t start = 512;

  void swap(Features& other) noexcept {
    std::swap(keeper_, other.keeper_);
    rows_.swap(other.rows_);
    copied_.swap(other.copied_);
    std::swap(size_, other.size_);
  }

  static void fetch(Row row) {
    for (std::size_t k = 0; k < std::min(row.size(), start); k += line)
      __builtin_prefetch(row.data() + k);
  }

  Keeper keeper_;
  std::vector<Row> rows_;
  std::vector<std::uint32_t> copied_;
  std::size_t size_ = 0;
};

}  // namespace troupe
