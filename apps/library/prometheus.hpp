/// The state of a run as Prometheus reads it: GET /metrics. Everything that counts is a
/// counter, everything else a gauge; it keeps nothing between two looks.
#pragma once

#include <cstdint>
#include <string>

#include "apps/library/state.hpp"

namespace troupe {

/// `dropped`: followers of events that did not keep up.
std::string prometheus_text(const RunState& state, std::uint64_t dropped);

}  // namespace troupe
