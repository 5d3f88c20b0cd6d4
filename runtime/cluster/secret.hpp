/// What the processes of a run know and no other does. It opens nothing by itself: whoever
/// compares it decides.
#pragma once

#include <array>
#include <cstdint>

namespace troupe {

/// Dealt out by the starting process; who knows it belongs to the run.
using Secret = std::array<std::uint64_t, 2>;
/// Throws UserError (exit 4) when the system has no random numbers.
Secret make_secret();
/// Takes as long for a near miss as for a far one.
inline bool same(const Secret& a, const Secret& b) { return ((a[0] ^ b[0]) | (a[1] ^ b[1])) == 0; }

}  // namespace troupe
