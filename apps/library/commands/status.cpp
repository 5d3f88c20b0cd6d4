/// `troupe status` and `troupe stop`: ask a run at its control address, or read
/// what a finished one left.
#include <signal.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <sstream>

#include "apps/library/commands.hpp"
#include "apps/library/metrics.hpp"
#include "apps/library/run_card.hpp"
#include "apps/library/run_folder.hpp"
#include "base/user_error.hpp"
#include "runtime/gateway/client.hpp"

namespace troupe {
namespace {

/// Whom to ask: from a run folder, or HOST:PORT with a token.
struct Target {
  std::string folder;  ///< empty: an address was given
  std::string address;
  std::string token;
  std::optional<RunCard> card;
};

std::string given_token(const Arguments& arguments) {
  const char* variable = ::secure_getenv("TROUPE_TOKEN");
  return arguments.text("--token", variable == nullptr ? "" : variable);
}

Target target_of(const Arguments& arguments) {
  const std::string where = arguments.text("RUN");
  std::error_code ignored;
  if (std::filesystem::is_directory(where, ignored)) {
    const std::string path = where + "/run.json";
    const auto card = parse_run_card(read_text(path, ExitCode::data));
    if (!card) throw UserError(ExitCode::data, path + ": is not the run.json of a run");
    const std::string token = given_token(arguments);
    return {where, card->address, token.empty() ? card->token : token, card};
  }
  if (where.find('/') != std::string::npos || where.find(':') == std::string::npos)
    arguments.refuse("'" + where + "' is neither a run folder nor HOST:PORT");
  const std::string token = given_token(arguments);
  if (token.empty())
    arguments.refuse(where + " wants a token: --token, TROUPE_TOKEN, or name the run folder");
  return {{}, where, token, std::nullopt};
}

bool alive(const Target& target) {
  return !target.card || ::kill(static_cast<pid_t>(target.card->pid), 0) == 0 || errno == EPERM;
}

[[noreturn]] void refuse_unanswered(const Target& target, const ControlAnswer& answer) {
  if (!target.folder.empty() && (!alive(target) || answer.status == 0))
    throw UserError(ExitCode::failed,
                    target.folder + ": the run's process " + std::to_string(target.card->pid) +
                        " is gone and left no end line; it was killed or crashed, see " +
                        target.folder + "/log.txt");
  if (answer.status == 0)
    throw UserError(ExitCode::cluster, target.address + ": no run answers there: " + answer.error);
  throw UserError(ExitCode::cluster,
                  target.address + ": refused (" + std::to_string(answer.status) +
                      "); is it the token of this run? It stands in its run.json");
}

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
    invocation.out << human_text(json);
}

int status(const Arguments& arguments, Invocation& invocation) {
  const Target target = target_of(arguments);
  if (target.card && target.card->exit) {
    print_state(last_line(target.folder + "/metrics.jsonl"), arguments, invocation);
    return 0;
  }
  const ControlAnswer answer =
      alive(target) ? ask({target.address, "GET", "/api/v1/state", target.token}) : ControlAnswer();
  if (answer.status != 200) refuse_unanswered(target, answer);
  print_state(answer.body, arguments, invocation);
  return 0;
}

int stop(const Arguments& arguments, Invocation& invocation) {
  const Target target = target_of(arguments);
  if (target.card && target.card->exit) {
    invocation.out << target.folder << ": has ended already (" << target.card->status << ")\n";
    return 0;
  }
  const ControlAnswer answer =
      alive(target) ? ask({target.address, "POST", "/api/v1/stop", target.token}) : ControlAnswer();
  if (answer.status != 202) refuse_unanswered(target, answer);
  if (arguments.has("--json"))
    invocation.out << answer.body;
  else
    invocation.out << "stopping: it finishes the step and writes model.h5\n";
  return 0;
}

std::vector<Argument> control_arguments() {
  return {{.name = "RUN",
           .value = "RUN_DIR|HOST:PORT",
           .sentence = "the run's folder, or its control address",
           .required = true},
          {.name = "--token",
           .value = "TOKEN",
           .sentence = "of run.json; without it TROUPE_TOKEN, or the run folder's"},
          {.name = "--json", .sentence = "as JSON"}};
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
