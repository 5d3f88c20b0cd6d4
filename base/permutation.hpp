/// An order of n things that is nowhere written down: from position to item and
/// back by arithmetic alone (a Feistel network over a square of hardly more than n,
/// walked until it falls inside). For who wants a slice of a long shuffle: it never
/// holds the whole.
#pragma once

#include <array>
#include <cstdint>

#include "base/random.hpp"

namespace troupe {

class Permutation {
 public:
  /// A function of these and of n.
  struct Key {
    std::uint64_t seed = 0;
    Purpose purpose = Purpose::test;
    std::uint64_t number = 0;
  };
  Permutation(std::uint64_t n, const Key& key);

  /// The item at a position < n, and the position of an item.
  std::uint64_t at(std::uint64_t position) const;
  std::uint64_t position_of(std::uint64_t item) const;

 private:
  static constexpr std::size_t rounds = 6;
  std::uint64_t forward(std::uint64_t x) const;
  std::uint64_t backward(std::uint64_t x) const;

  std::uint64_t n_;
  std::uint64_t side_;
  std::array<RandomStream, rounds> streams_;
};

}  // namespace troupe
