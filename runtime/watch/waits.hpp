/// The wait-for graph: from who waits for whom to who is to blame. It knows no clock; how
/// long is too long is said by whoever asks.
#pragma once

#include <vector>

#include "runtime/watch/view.hpp"

namespace troupe {

/// Those whom somebody has waited for longer than `patience_seconds`, and who do not
/// themselves wait so long for somebody else; and all who are silent or lost. What a silent
/// one last waited for does not count: nobody knows whether it came. The longest wait
/// first. Waits in a circle have no such end: then the one waited for longest is named.
std::vector<Culprit> find_culprits(const std::vector<ActorView>& actors, double patience_seconds);

}  // namespace troupe
