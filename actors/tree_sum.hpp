/// Adds up parts of a round in a fixed tree over partitions, whatever the order
/// in which they come: so the rounding is the same for any number of workers.
/// It never adds two parts that are not siblings in that tree.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace troupe {

/// A node of the tree: the partitions [index << level, (index + 1) << level).
struct Subtree {
  std::uint32_t level = 0;
  std::uint32_t index = 0;
  auto operator<=>(const Subtree&) const = default;
  Subtree parent() const { return {level + 1, index / 2}; }
  Subtree sibling() const { return {level, index ^ 1U}; }
  std::uint64_t first() const { return std::uint64_t{index} << level; }
};

template <class Sum>
class TreeSum {
 public:
  explicit TreeSum(std::uint32_t partitions) : partitions_(partitions) {}

  /// Takes a part and merges as far up as siblings are there. `add(left, right)`
  /// adds right to left and disposes of it.
  template <class Add>
  void insert(Subtree where, Sum sum, Add&& add) {
    while (!is_root(where)) {
      const Subtree sibling = where.sibling();
      if (sibling.first() < partitions_) {  // else there is nobody on the right
        const auto other = parts_.find(sibling);
        if (other == parts_.end()) break;
        Sum theirs = std::move(other->second);
        parts_.erase(other);
        if (where.index % 2 == 1) std::swap(sum, theirs);
        add(sum, std::move(theirs));
      }
      where = where.parent();
    }
    parts_.emplace(where, std::move(sum));
  }

  bool is_root(Subtree where) const {
    return where.index == 0 && (std::uint64_t{1} << where.level) >= partitions_;
  }
  /// The sum of everything, once all partitions are in it.
  std::optional<Sum> take_root() {
    if (parts_.size() != 1 || !is_root(parts_.begin()->first)) return std::nullopt;
    Sum sum = std::move(parts_.begin()->second);
    parts_.clear();
    return sum;
  }
  /// What could not be merged further: the largest aligned subtrees.
  std::map<Subtree, Sum> take_parts() { return std::exchange(parts_, {}); }
  bool empty() const { return parts_.empty(); }

 private:
  std::uint32_t partitions_;
  std::map<Subtree, Sum> parts_;
};

}  // namespace troupe
