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

/// What GET /api/v1/state tells.
struct RunState {
  std::string run;
  std::string status = "starting";  ///< starting, running, stopping, done, ...
  std::string clock = "real";
  std::uint64_t seed = 1;
  std::uint32_t workers = 0;
  std::uint32_t partitions = 0;
  std::string folder;
  std::int64_t pid = 0;
  std::string version;
  StepReport step;
  std::vector<Score> scores;  ///< the latest of each split
};
std::string state_json(const RunState& state);
/// {"rows":...,"loss":...,"accuracy":...}
std::string score_json(const Score& score);
/// A flat reading of such an object, a line a member, for people.
std::string human_text(const std::string& json);

}  // namespace troupe
