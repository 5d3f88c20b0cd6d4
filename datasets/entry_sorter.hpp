/// Orders entries of a matrix that come in any order, however many: what does not
/// fit into memory waits in a file without a name beside the one to be written.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe {

struct MatrixEntry {
  std::uint32_t row = 0;
  std::uint32_t index = 0;
  float value = 0;
  std::uint32_t file = 0;  ///< where it was read,
  std::uint64_t line = 0;  ///< for messages
};

class EntrySorter {
 public:
  /// `out` is the file to be written; `held_bytes` are kept in memory.
  explicit EntrySorter(std::string out, std::size_t held_bytes = std::size_t{1} << 25);
  ~EntrySorter();
  EntrySorter(const EntrySorter&) = delete;
  EntrySorter& operator=(const EntrySorter&) = delete;

  /// Throws UserError (exit 3) when the disk is full.
  void add(const MatrixEntry& entry);
  std::uint64_t size() const { return size_; }
  /// Ascending by row, index, file and line; once.
  void drain(const std::function<void(const MatrixEntry&)>& take);

 private:
  struct Run;
  void sort_held();
  void spill();
  void refill(Run& run, std::size_t most) const;
  [[noreturn]] void fail(int error) const;

  std::string out_;
  std::size_t held_max_;
  std::vector<MatrixEntry> held_;
  std::vector<std::uint64_t> run_sizes_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace troupe
