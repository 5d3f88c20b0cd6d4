/// `troupe status` and `troupe stop`: ask a run at its control address, or read
/// what a finished one left.
#include <ostream>
#include <sstream>

#include "apps/library/commands.hpp"
#include "apps/library/control_target.hpp"
#include "apps/library/metrics.hpp"
#include "apps/library/run_folder.hpp"
#include "apps/library/state.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

std::string last_line(const std::string& path) {
  std::istringstream lines(read_text(path, ExitCode::data));
  std::string line;
  std::string last;
  while (std::getline(lines, line))
    if (!line.empty()) last = line;
  return last;
}

void print_state(const std::string& json, const Arguments& arguments, Invocation& invocation) {
  if (arguments.has("--json"))
    invocation.out << json << (json.empty() || json.back() != '\n' ? "\n" : "");
  else
    invocation.out << state_text(json);
}

int status(const Arguments& arguments, Invocation& invocation) {
  const ControlTarget target = control_target(arguments);
  if (target.ended()) {
    const std::string end = last_line(target.folder + "/metrics.jsonl");
    invocation.out << (arguments.has("--json") ? end + "\n" : human_text(end));
    return 0;
  }
  const ControlAnswer answer = target.ask("GET", "/api/v1/state");
  if (answer.status != 200) target.refuse(answer);
  print_state(answer.body, arguments, invocation);
  return 0;
}

int stop(const Arguments& arguments, Invocation& invocation) {
  const ControlTarget target = control_target(arguments);
  if (target.ended()) {
    invocation.out << target.folder << ": has ended already (" << target.card->status << ")\n";
    return 0;
  }
  const ControlAnswer answer = target.ask("POST", "/api/v1/stop");
  if (answer.status != 200) target.refuse(answer);
  if (arguments.has("--json"))
    invocation.out << answer.body;
  else
    invocation.out << "stopping: it finishes the step and writes model.h5\n";
  return 0;
}

}  // namespace

Command status_command() {
  return {.name = "status",
          .sentence = "where a run stands, or how it ended",
          .arguments = control_arguments(),
          .act = status};
}

Command stop_command() {
  return {.name = "stop",
          .sentence = "ends a run after the steps under way, keeping the model",
          .arguments = control_arguments(),
          .act = stop};
}

}  // namespace troupe
