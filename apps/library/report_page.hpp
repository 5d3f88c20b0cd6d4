/// report.html of a run folder: the live page with the run inside. It opens without a
/// program and asks nobody for anything.
#pragma once

#include <string>
#include <vector>

#include "runtime/gateway/door.hpp"

namespace troupe {

struct ReportParts {
  std::vector<StoryLine> story;
  std::string state;   ///< as GET /api/v1/state
  std::string config;  ///< as GET /api/v1/config
  std::string proof;   ///< "real", "paced" or "twin": what its seconds are
};

std::string report_page(const ReportParts& parts);

}  // namespace troupe
