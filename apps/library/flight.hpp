/// flight.jsonl: the last events of each actor of a run that has ended, for whoever asks why.
/// It keeps a few of each, not all.
#pragma once

#include <string>
#include <vector>

#include "runtime/watch/view.hpp"

namespace troupe {

/// One object a line, in order of time.
std::string flight_text(const std::vector<Flown>& flight);

}  // namespace troupe
