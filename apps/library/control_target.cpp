#include "apps/library/control_target.hpp"

#include <signal.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "apps/library/run_folder.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

std::string given_token(const Arguments& arguments) {
  const char* variable = ::secure_getenv("TROUPE_TOKEN");
  return arguments.text("--token", variable == nullptr ? "" : variable);
}

}  // namespace

bool ControlTarget::alive() const {
  return !card || ::kill(static_cast<pid_t>(card->pid), 0) == 0 || errno == EPERM;
}

ControlAnswer ControlTarget::ask(const std::string& method, const std::string& target,
                                 const std::string& body, std::chrono::milliseconds timeout) const {
  if (!alive()) return {};
  ControlRequest request;
  request.address = address;
  request.method = method;
  request.target = target;
  request.token = token;
  request.body = body;
  request.timeout = timeout;
  ControlAnswer answer = troupe::ask(request);
  if (answer.status == 0 && answer.late)
    answer.error =
        "coordinator: no answer for " +
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(timeout).count()) + " s";
  return answer;
}

void ControlTarget::refuse(const ControlAnswer& answer) const {
  if (!folder.empty() && !alive())
    throw UserError(ExitCode::failed, folder + ": the run's process " + std::to_string(card->pid) +
                                          " is gone and left no end line; it was killed or "
                                          "crashed, see " +
                                          folder + "/log.txt");
  if (answer.status == 0 && answer.late)
    throw UserError(ExitCode::cluster, (folder.empty() ? address : folder) + ": " + answer.error +
                                           "; its process is there, and frozen or without a core");
  if (answer.status == 0)
    throw UserError(ExitCode::cluster, address + ": no run answers there: " + answer.error);
  throw UserError(ExitCode::cluster,
                  address + ": refused (" + std::to_string(answer.status) +
                      "); is it the token of this run? It stands in its run.json");
}

ControlTarget control_target(const Arguments& arguments) {
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

}  // namespace troupe
