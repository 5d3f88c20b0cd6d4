/// Reports as lines of metrics.jsonl: one JSON object each, "type" first, a
/// number that is not finite as null. It writes no file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/plan.hpp"
#include "actors/report.hpp"
#include "config/config.hpp"

namespace troupe {

std::string start_line(const std::string& run, const Config& config, const Plan& plan);
std::string metrics_line(const StepReport& report);
std::string metrics_line(const EvalReport& report);
std::string metrics_line(const EventReport& report);
std::string metrics_line(const EndReport& report);

/// Eight hex digits; empty for an empty model.
std::string weights_text(const SharedBlock& model);

/// {"rows":...,"loss":...,"accuracy":...}
std::string score_json(const Score& score);
/// An event line for people: "2.0 s  worker_lost worker 3: connection closed".
std::string event_text(const std::string& line);
/// A flat reading of such an object, a line a member, for people.
std::string human_text(const std::string& json);

}  // namespace troupe
