/// The memory of one window: copies of rows and the order in which they are drawn,
/// in one piece of a size that was fixed before. It never grows.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "datasets/arena.hpp"
#include "datasets/facts.hpp"
#include "datasets/rows.hpp"

namespace troupe {

class WindowBuffer {
 public:
  /// Throws UserError (exit 3) when there is no such memory.
  WindowBuffer(const DataFacts& facts, std::uint64_t bytes);

  /// Makes room for so many rows and at most so many entries; what was there is gone.
  void reset(std::uint64_t rows, std::uint64_t entries_max);
  void add(const RowView& row);
  void add(const Rows& rows);
  std::uint64_t size() const { return size_; }

  Rows rows() const;
  /// One for each row that there is room for.
  std::span<std::uint32_t> draws() { return {draws_, room_}; }
  std::span<const std::uint32_t> draws() const { return {draws_, room_}; }

 private:
  void copy(const std::uint32_t* index, const float* value, std::uint64_t entries);

  bool sparse_;
  std::uint32_t features_;
  std::uint64_t bytes_;
  Arena arena_;
  std::uint64_t* offsets_ = nullptr;
  std::uint32_t* draws_ = nullptr;
  float* label_ = nullptr;
  std::uint32_t* index_ = nullptr;
  float* value_ = nullptr;
  std::uint64_t room_ = 0;     ///< rows
  std::uint64_t entries_ = 0;  ///< so far
  std::uint64_t entries_max_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace troupe
