/// Takes what a run reports and keeps it: metrics, log, best and final model,
/// the state that the control address tells, the progress line. It steers nothing.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "apps/library/journal.hpp"
#include "apps/library/metrics.hpp"
#include "apps/library/progress.hpp"
#include "apps/library/run_card.hpp"
#include "apps/library/run_folder.hpp"
#include "apps/library/state.hpp"
#include "apps/library/story.hpp"
#include "datasets/model_file.hpp"

namespace troupe {

enum class Loudness { quiet, plain, verbose };

struct Recording {
  const RunFolder& folder;
  const Config& config;
  std::shared_ptr<const Plan> plan;
  RunCard card;
  std::ostream& out;
  std::ostream& err;
  Loudness loudness = Loudness::plain;
  bool json = false;  ///< metrics lines on `out` too
  bool terminal = false;
  bool paced = false;  ///< steps are padded
};

class Recorder {
 public:
  explicit Recorder(Recording recording);
  /// Writes run.json and the start line; `address` may be empty. Throws UserError (exit 3).
  void begin(const std::string& address, const std::string& token);

  // From any thread:
  void take(const Report& report);
  void note(const std::string& event);  ///< a line of the log; and of `err` when verbose
  void say(const std::string& line);    ///< a line for the user, beside the progress line
  void stopping(const std::string& why);
  /// The run goes on with other actors.
  void enter(std::uint32_t graph_epoch, const Config& config, std::shared_ptr<const Plan> plan);
  /// Somebody wants the run to rest, or to go on; false: that is asked for already.
  bool hold(bool on);
  void see(View view);                         ///< what the monitor sees now
  void see(const std::vector<Flown>& flight);  ///< flight.jsonl
  std::string state() const;
  std::string graph() const;
  std::string metrics(std::uint64_t dropped_followers) const;  ///< as Prometheus reads them
  std::vector<StoryLine> story() const;
  bool ready() const;
  /// Calls `hears` with every line of metrics.jsonl from now on; it must not call back.
  void follow(std::function<void(StoryLine)> hears);

  /// Writes models, the end line and run.json; returns the exit code. Call it once,
  /// when nothing reports any more.
  int finish();
  /// Of a run that ended without a word: `reason` is the line that says why.
  void failed(int exit_code, const std::string& reason);
  const EndReport& end() const { return *end_; }

 private:
  void take(const StepReport& report);
  void take(const EvalReport& report);
  void take(const EventReport& report);
  void take(const EndReport& report);
  void metric(const std::string& line);
  void print(const std::string& line);
  bool save(const std::string& name, const SharedBlock& parameters);
  void save_best(bool now);

  using Clock = std::chrono::steady_clock;
  mutable std::mutex mutex_;
  Recording recording_;
  Journal journal_;
  ProgressLine progress_;
  RunState state_;
  Story story_;
  std::function<void(StoryLine)> follower_;
  SharedBlock best_;  ///< not written yet
  Clock::time_point best_written_;
  bool held_ = false;  ///< asked to rest
  std::optional<EndReport> end_;
};

/// What is printed at the end of a run. `data`: what the model can be tried on.
struct Place {
  std::string folder;
  std::string data;
};
/// Its last line is on standard error.
inline bool went_wrong(const EndReport& end) {
  return end.status == "failed" || end.status == "diverged";
}

std::string summary(const EndReport& end, const std::string& clock, const Place& place);

/// The model's file: parameters and every setting that makes the model.
ModelFile model_file(const Config& config, const Plan& plan, const SharedBlock& parameters);

}  // namespace troupe
