/// Where a host hands what the coordinator reports. Called from one thread at a time.
#pragma once

#include <functional>

#include "actors/report.hpp"

namespace troupe {

using ReportSink = std::function<void(const Report&)>;

}  // namespace troupe
