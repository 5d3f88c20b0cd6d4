/// Numbers the messages that leave and refuses those that are stale: of another
/// run, of another drawing, or seen before. It never looks into a message.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "messages/message.hpp"

namespace troupe {

enum class Freshness { fresh, other_run, other_epoch, repeated };

/// What was let in and what was not.
struct DeliveryCounts {
  std::uint64_t accepted = 0;
  std::uint64_t other_run = 0;
  std::uint64_t other_epoch = 0;
  std::uint64_t repeated = 0;
  std::uint64_t missed = 0;  ///< numbers that were skipped: messages lost on the way
};

/// One end of any number of edges; its owner calls it from one thread.
class Delivery {
 public:
  /// `life` tells processes apart in which the same actor lived one after the other: the
  /// numbers of a later one are above all of an earlier one's.
  Delivery(std::uint64_t run, std::uint32_t graph_epoch, std::uint32_t life = 0)
      : run_(run), epoch_(graph_epoch), first_(std::uint64_t{life} << count_bits) {}

  /// Fills in run, drawing and the next number of the edge.
  void stamp(Envelope& envelope);
  /// Counts; an envelope that is not fresh is to be dropped.
  Freshness judge(const Envelope& envelope);
  const DeliveryCounts& counts() const { return counts_; }
  std::uint64_t refused() const {
    return counts_.other_run + counts_.other_epoch + counts_.repeated;
  }

 private:
  static constexpr unsigned count_bits = 40;
  static std::uint64_t edge(const Envelope& envelope) {
    return std::uint64_t{envelope.from} << 32 | envelope.to;
  }

  std::uint64_t run_;
  std::uint32_t epoch_;
  std::uint64_t first_;
  std::unordered_map<std::uint64_t, std::uint64_t> sent_;
  std::unordered_map<std::uint64_t, std::uint64_t> seen_;
  DeliveryCounts counts_;
};

}  // namespace troupe
