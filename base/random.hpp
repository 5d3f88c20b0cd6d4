/// Random numbers as a function of their coordinates: (seed, purpose, a, b, c)
/// and an index. Nobody owns a generator, so nobody can draw out of turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace troupe {

/// What a number is drawn for; two purposes never share a stream.
enum class Purpose : std::uint32_t {
  shuffle = 1,
  replacement = 2,
  initialise = 3,
  pace = 4,
  delay = 5,
  generate = 6,
  test = 7,
  deal = 8,    ///< rows to partitions
  window = 9,  ///< segments to windows, and rows within one
  draw = 10,   ///< a random graph
  gossip = 11  ///< to whom a peer sends
};

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t a = 0, std::uint64_t b = 0,
               std::uint64_t c = 0);

  /// The number at an index: the same whoever asks, in whatever order.
  std::uint64_t at(std::uint64_t index) const;

  std::uint64_t next() { return at(index_++); }
  /// Uniform in [0, n), n > 0.
  std::uint64_t below(std::uint64_t n);
  /// Uniform in [0, 1).
  double uniform();
  double normal();
  /// Exponential with the given rate (mean 1 / rate).
  double exponential(double rate);

 private:
  std::uint64_t key_;
  std::uint64_t index_ = 0;
};

/// Fisher-Yates with our own numbers: the same order on every platform.
void shuffle(std::span<std::uint32_t> items, RandomStream stream);

}  // namespace troupe
