/// Runs that differ in their seed alone are one thing tried several times.
#pragma once

#include <string>
#include <vector>

#include "apps/library/compare/recorded_run.hpp"

namespace troupe {

struct RunGroup {
  std::string label;  ///< what tells it from the others
  std::vector<RecordedRun> runs;
};

/// In the order of their first run; labels are unique.
std::vector<RunGroup> grouped(std::vector<RecordedRun> runs);

struct Difference {
  std::string key;
  std::vector<std::string> values;  ///< one a group; "-" where it has no such key
};

/// Keys in which groups differ, without seed, name and places of files.
std::vector<Difference> differences(const std::vector<RunGroup>& groups);

}  // namespace troupe
