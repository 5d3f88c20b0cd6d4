/// What goes wrong on purpose: links that are slow or lossy, and workers that pause,
/// freeze, are cut off or crash. It says what, and never what follows from it.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "messages/message.hpp"
#include "runtime/distribution.hpp"

namespace troupe {

/// Edges of which something is said; of several that name an edge the last one counts.
struct LinkPace {
  std::optional<ActorId> from = {};        ///< none: anybody
  std::optional<ActorId> to = {};          ///< likewise
  std::optional<Distribution> delay = {};  ///< none: as everywhere
  double bytes_per_second = 0;             ///< 0: no limit
  double loss = 0;                         ///< share of messages; each is sent again
  double duplicates = 0;                   ///< that arrive twice
  double reordering = 0;                   ///< that take the way twice, so that those behind wait
};

enum class Mishap { pause, freeze, cut, crash };

/// The words of the configuration, in the order of Mishap.
inline constexpr std::array<std::string_view, 4> mishap_words{"pause", "freeze", "cut", "crash"};

struct Fault {
  static constexpr double for_ever = std::numeric_limits<double>::infinity();

  std::uint32_t worker = 0;
  Mishap what = Mishap::pause;
  double at = 0;              ///< seconds since the start
  double seconds = for_ever;  ///< until it is over

  double over() const { return at + seconds; }
  /// The worker computes nothing meanwhile, and goes on behind it where it was.
  bool stands_still() const { return what == Mishap::pause || what == Mishap::freeze; }
};

}  // namespace troupe
