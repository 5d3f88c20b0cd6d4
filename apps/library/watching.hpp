/// Shows a run's states as they come: on a terminal as views that keys choose between, else
/// as lines. Where the states come from is somebody else's business.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <ostream>
#include <string>

namespace troupe {

/// What is known of a run now.
struct Sight {
  std::string state = {};                ///< empty: nothing yet
  double silent_seconds = 0;             ///< since the coordinator said something; 0: it does
  std::optional<std::string> over = {};  ///< the run has ended: the last line to print
};

/// Shows what `look` says, until the run is over or somebody leaves; returns the exit code.
/// `look` is asked again and again and takes its time, at most a second.
int show_sights(const std::function<Sight()>& look, std::ostream& out);

}  // namespace troupe
