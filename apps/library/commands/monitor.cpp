/// `troupe monitor`: a run as it goes on, or how it ended. It attaches and leaves at any
/// time, and the run does not mind.
#include <chrono>
#include <ostream>
#include <sstream>
#include <thread>

#include "apps/library/commands.hpp"
#include "apps/library/control_target.hpp"
#include "apps/library/metrics.hpp"
#include "apps/library/run_folder.hpp"
#include "apps/library/watching.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto state_time = std::chrono::milliseconds(1000);
constexpr auto pause = std::chrono::milliseconds(250);

/// Events, and the end line: what a run that is over has to show.
std::string told_by(const std::string& folder) {
  std::istringstream lines(read_text(folder + "/metrics.jsonl", ExitCode::data));
  std::string text;
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    if (line.rfind(R"({"type":"event")", 0) == 0) text += event_text(line) + "\n";
    last = line;
  }
  return text + human_text(last);
}

/// Asks the control address, and counts for how long nobody has answered.
class Asking {
 public:
  explicit Asking(ControlTarget target) : target_(std::move(target)) {}

  Sight look() {
    std::this_thread::sleep_until(next_);
    next_ = Clock::now() + pause;
    const ControlAnswer answer = target_.ask("GET", "/api/v1/state", "", state_time);
    if (answer.status == 200) {
      state_ = answer.body;
      heard_ = Clock::now();
      return {.state = state_};
    }
    if (answer.status != 0 || state_.empty()) {
      if (!answer.late) target_.refuse(answer);
    } else if (!answer.late) {
      return {.over = the_end()};
    }
    return {.state = state_,
            .silent_seconds = std::chrono::duration<double>(Clock::now() - heard_).count()};
  }

 private:
  std::string the_end() const {
    if (!target_.folder.empty()) return told_by(target_.folder);
    return target_.address + ": the run is over, or its process gone\n";
  }

  ControlTarget target_;
  std::string state_;
  Clock::time_point heard_ = Clock::now();
  Clock::time_point next_{};
};

int monitor(const Arguments& arguments, Invocation& invocation) {
  const ControlTarget target = control_target(arguments);
  if (target.ended()) {
    invocation.out << told_by(target.folder);
    return 0;
  }
  Asking asking(target);
  return show_sights([&asking] { return asking.look(); }, invocation.out);
}

}  // namespace

Command monitor_command() {
  std::vector<Argument> arguments = control_arguments();
  arguments.pop_back();  // a view is for people
  return {.name = "monitor",
          .sentence = "shows a run as it goes on, or how it ended",
          .arguments = std::move(arguments),
          .act = monitor};
}

}  // namespace troupe
