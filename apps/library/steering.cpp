#include "apps/library/steering.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "apps/library/recorder.hpp"
#include "apps/library/session.hpp"
#include "base/user_error.hpp"
#include "runtime/succession.hpp"

namespace troupe {
namespace {

constexpr unsigned refused = 409;

/// "key=value" of each member. Throws UserError.
std::vector<std::string> overrides_of(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || json.empty())
    throw UserError(ExitCode::usage,
                    R"(a swap is a JSON object of keys, such as {"training.topology":"gossip"})");
  std::vector<std::string> overrides;
  for (const auto& [key, value] : json.items()) {
    if (value.is_object() || value.is_null())
      throw UserError(ExitCode::usage, "'" + key + "': a number, a text, true or false, or a list");
    // Words as they are: they may be numbers to the configuration.
    overrides.push_back(key + "=" + (value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return overrides;
}

}  // namespace

Reply Steering::act(const std::string& action, const std::string& body) const {
  if (action == "stop") {
    recorder.stopping("asked for at the control address");
    performance.request_stop({"control address", 0});
    return {200, done_line("stopping: it finishes the step and writes model.h5")};
  }
  const bool known = action == "swap" || action == "pause" || action == "resume";
  if (!known) return {501, error_line("'" + action + "' comes with a later version")};
  if (!recorder.ready()) return {refused, error_line("the run is not under way; nothing changes")};
  return action == "swap" ? swap(body) : hold(action == "pause");
}

Reply Steering::swap(const std::string& body) const {
  try {
    const Succession::Answer answer = succession.propose(overrides_of(body));
    if (answer.change) performance.request_fence({.detail = "swap"});
    return {200, done_line(answer.change ? "swapping: " + answer.line : answer.line)};
  } catch (const UserError& error) {
    return {refused, error_line(error.what())};
  }
}

Reply Steering::hold(bool on) const {
  if (!recorder.hold(on))
    return {refused, error_line(on ? "the run is paused already" : "the run is not paused")};
  performance.request_fence({.raise = on, .hold = on, .detail = "pause"});
  return {200, done_line(on ? "pausing: every step under way is finished first"
                            : "resuming where it stood")};
}

}  // namespace troupe
