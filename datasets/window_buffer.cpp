#include "datasets/window_buffer.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace troupe {

// Offsets are one more than rows.
WindowBuffer::WindowBuffer(const DataFacts& facts, std::uint64_t bytes)
    : sparse_(facts.sparse),
      features_(facts.features),
      bytes_(bytes + sizeof(std::uint64_t)),
      arena_(bytes_, facts.path) {
  arena_.hold(0, bytes_);
}

void WindowBuffer::reset(std::uint64_t rows, std::uint64_t entries_max) {
  auto* at = arena_.as<std::byte>();
  const auto take = [&at]<class T>(T*& array, std::uint64_t count) {
    array = reinterpret_cast<T*>(at);
    at += count * sizeof(T);
  };
  // The widest elements first: all stay aligned.
  if (sparse_) take(offsets_, rows + 1);
  take(draws_, rows);
  take(label_, rows);
  if (sparse_) take(index_, entries_max);
  take(value_, entries_max);
  TROUPE_CHECK(static_cast<std::uint64_t>(at - arena_.as<std::byte>()), <=, bytes_);
  if (sparse_) offsets_[0] = 0;
  room_ = rows;
  entries_max_ = entries_max;
  size_ = entries_ = 0;
}

void WindowBuffer::add(const RowView& row) {
  TROUPE_CHECK(size_, <, room_);
  copy(row.index, row.value, row.size);
  label_[size_++] = row.label;
  if (sparse_) offsets_[size_] = entries_;
}

void WindowBuffer::add(const Rows& rows) {
  if (rows.size() == 0) return;
  TROUPE_CHECK(size_ + rows.size(), <=, room_);
  // Rows lie one behind the other: they are copied as one.
  const RowView head = rows[0];
  const RowView tail = rows[rows.size() - 1];
  const std::uint64_t before = entries_;
  copy(head.index, head.value, static_cast<std::uint64_t>(tail.value - head.value) + tail.size);
  std::uint64_t end = before;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RowView row = rows[i];
    label_[size_++] = row.label;
    end += row.size;
    if (sparse_) offsets_[size_] = end;
  }
}

void WindowBuffer::copy(const std::uint32_t* index, const float* value, std::uint64_t entries) {
  TROUPE_CHECK(entries_ + entries, <=, entries_max_);
  if (index != nullptr) std::copy_n(index, entries, index_ + entries_);
  std::copy_n(value, entries, value_ + entries_);
  entries_ += entries;
}

Rows WindowBuffer::rows() const {
  if (!sparse_) return Rows::dense(size_, value_, label_, features_);
  return Rows::sparse({offsets_, size_ + 1}, index_, value_, label_, features_);
}

}  // namespace troupe
