/// What one link owes its peer: pieces taken and not yet acknowledged. Places and
/// the endpoint add to it from their own threads; it never touches the network.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/cluster/bytes.hpp"

namespace troupe {

inline constexpr std::size_t piece_bytes = std::size_t{256} << 10;
inline constexpr std::uint32_t window_pieces = 16;
inline constexpr std::uint32_t acknowledge_at = window_pieces / 2;

class Credit {
 public:
  /// True for the one that made it enough to acknowledge.
  bool add() { return owed_.fetch_add(1, std::memory_order_acq_rel) + 1 == acknowledge_at; }
  std::uint32_t take() { return owed_.exchange(0, std::memory_order_acq_rel); }

 private:
  std::atomic<std::uint32_t> owed_{0};
};

}  // namespace troupe
