/// What the control address tells of a run, as JSON: state, graph, configuration; the
/// names of the fields stand in docs/control-address.md. It asks nobody; the recorder does.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/report.hpp"
#include "apps/library/progress.hpp"
#include "config/config.hpp"
#include "runtime/watch/monitor.hpp"

namespace troupe {

struct RunState {
  std::string run;
  std::string folder;
  std::string clock = "real";
  std::string proof = "real";  ///< or paced, twin
  std::string version;
  std::uint64_t seed = 1;
  std::int64_t pid = 0;
  std::string phase = "starting";  ///< training, paused, swapping, stopping, done, failed, ...
  std::string reason;
  std::map<std::string, std::string> axes;
  std::uint32_t graph_epoch = 0;
  Goal goal;
  /// Of the graph epochs before this one.
  struct {
    std::uint64_t computed = 0;
    std::uint64_t updates = 0;
    std::vector<Count> discarded;
  } before;
  StepReport step;
  std::vector<Score> scores;  ///< the latest of each split
  View view;
  std::deque<std::string> events;  ///< the last lines of metrics.jsonl that are events
  std::optional<EndReport> end;    ///< without its model
};

/// At most so many events are kept in the state.
inline constexpr std::size_t state_events_max = 50;

std::string state_json(const RunState& state);
std::string graph_json(const RunState& state, const RunGraph& graph);
/// `swappable`: per axis, what a swap could choose.
std::string config_json(const std::string& resolved, const Config& config,
                        const std::map<std::string, std::vector<std::string>>& swappable);
/// The state for people: where the run stands, who does what, who is to blame.
std::string state_text(const std::string& json);

/// One culprit of the state, in a line.
std::string culprit_text(const std::string& json);

/// Axes of the configuration by their last name.
std::map<std::string, std::string> axes_of(const Config& config);

}  // namespace troupe
