/// `troupe status` and `troupe stop`: ask a run at its control address, or read
/// what a finished one left.
#include <nlohmann/json.hpp>
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

/// Asks a run to do something, and says what it answers.
int ask_for(const ControlTarget& target, const Arguments& arguments, Invocation& invocation,
            const std::string& action, const std::string& body = "") {
  const ControlAnswer answer = target.ask("POST", "/api/v1/" + action, body);
  const auto said = nlohmann::json::parse(answer.body, nullptr, false);
  const bool refused = answer.status == 409 && said.is_object();
  if (refused) throw UserError(ExitCode::usage, said.value("error", ""));
  if (answer.status != 200 || !said.is_object()) target.refuse(answer);
  invocation.out << (arguments.has("--json") ? answer.body : said.value("line", "") + "\n");
  return 0;
}

int stop(const Arguments& arguments, Invocation& invocation) {
  const ControlTarget target = control_target(arguments);
  if (!target.ended()) return ask_for(target, arguments, invocation, "stop");
  invocation.out << target.folder << ": has ended already (" << target.card->status << ")\n";
  return 0;
}

/// What only a run that goes on can do.
int steer(const Arguments& arguments, Invocation& invocation, const std::string& action,
          const std::string& body = "") {
  const ControlTarget target = control_target(arguments);
  if (target.ended())
    throw UserError(ExitCode::usage, target.folder + ": has ended already (" + target.card->status +
                                         "); there is nothing to " + action);
  return ask_for(target, arguments, invocation, action, body);
}

int swap_actors(const Arguments& arguments, Invocation& invocation) {
  nlohmann::json keys = nlohmann::json::object();
  for (const std::string& text : arguments.all("--set")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      arguments.refuse("-s " + text + ": expected key=value");
    keys[text.substr(0, equals)] = text.substr(equals + 1);
  }
  if (keys.empty()) arguments.refuse("what to? Say it with -s, such as -s topology=gossip");
  return steer(arguments, invocation, "swap", keys.dump());
}

int pause_run(const Arguments& arguments, Invocation& invocation) {
  return steer(arguments, invocation, "pause");
}

int resume_run(const Arguments& arguments, Invocation& invocation) {
  return steer(arguments, invocation, "resume");
}

}  // namespace

Command status_command() {
  return {.name = "status",
          .sentence = "where a run stands, or how it ended",
          .arguments = control_arguments(),
          .act = status};
}

Command swap_command() {
  Command command{.name = "swap",
                  .sentence = "lets a run go on with other actors, keeping what it has learnt",
                  .arguments = control_arguments(),
                  .act = swap_actors};
  command.arguments.push_back({.name = "-s,--set",
                               .value = "KEY=VALUE",
                               .sentence = "a key of [training] as it is to be, such as "
                                           "topology=gossip",
                               .repeated = true});
  return command;
}

Command pause_command() {
  return {.name = "pause",
          .sentence = "lets a run rest after the steps under way",
          .arguments = control_arguments(),
          .act = pause_run};
}

Command resume_command() {
  return {.name = "resume",
          .sentence = "lets a paused run go on",
          .arguments = control_arguments(),
          .act = resume_run};
}

Command stop_command() {
  return {.name = "stop",
          .sentence = "ends a run after the steps under way, keeping the model",
          .arguments = control_arguments(),
          .act = stop};
}

}  // namespace troupe
