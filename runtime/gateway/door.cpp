#include "runtime/gateway/door.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

namespace troupe {
namespace {

constexpr std::array<std::string_view, 9> later_targets = {"/",
                                                           "/metrics",
                                                           "/api/v1/graph",
                                                           "/api/v1/events",
                                                           "/api/v1/pause",
                                                           "/api/v1/resume",
                                                           "/api/v1/checkpoint",
                                                           "/api/v1/swap",
                                                           "/favicon.ico"};

/// Only names of this machine: a page that rebinds its own name to 127.0.0.1
/// still sends that name.
bool is_this_machine(std::string_view host) {
  const std::size_t colon = host.find(':');
  const std::string_view name = host.substr(0, colon);
  if (name != "127.0.0.1" && name != "localhost") return false;
  if (colon == std::string_view::npos) return true;
  const std::string_view port = host.substr(colon + 1);
  return !port.empty() && port.size() <= 5 &&
         std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_own_origin(std::string_view origin) {
  constexpr std::string_view scheme = "http://";
  return origin.substr(0, scheme.size()) == scheme && is_this_machine(origin.substr(scheme.size()));
}

/// Looks at every character whatever it finds, so that the time tells nothing.
bool same_secret(std::string_view given, std::string_view wanted) {
  unsigned difference = given.size() == wanted.size() ? 0U : 1U;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = wanted.empty() ? '\0' : wanted[i % wanted.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i] ^ other));
  }
  return difference == 0 && !wanted.empty();
}

bool may_enter(std::string_view authorization, const std::string& token) {
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.substr(0, scheme.size()) != scheme) return false;
  return same_secret(authorization.substr(scheme.size()), token);
}

Reply only(const std::string& method) { return {405, error_line("only " + method + " here")}; }

Reply inside(const std::string& method, const std::string& target, const GatewayService& service) {
  if (target == "/readyz") {
    if (method != "GET") return only("GET");
    return service.ready() ? Reply{200, R"({"ready":true})"} : Reply{503, R"({"ready":false})"};
  }
  if (target == "/api/v1/state") return method == "GET" ? Reply{200, service.state()} : only("GET");
  if (target == "/api/v1/stop") {
    if (method != "POST") return only("POST");
    service.stop();
    return {202, R"({"accepted":"stop"})"};
  }
  if (std::find(later_targets.begin(), later_targets.end(), target) != later_targets.end())
    return {501, error_line("'" + target + "' comes with a later version")};
  return {404, error_line("nothing here; try /api/v1/state")};
}

}  // namespace

std::string error_line(const std::string& what) {
  return nlohmann::json{{"error", what}}.dump(-1, ' ', false,
                                              nlohmann::json::error_handler_t::replace);
}

Reply answer(const Knock& knock, const GatewayService& service) {
  if (!is_this_machine(knock.host))
    return {403, error_line("the Host header must name 127.0.0.1 or localhost")};
  if (!knock.origin.empty() && !is_own_origin(knock.origin))
    return {403, error_line("requests of other sites' pages are refused")};
  const std::string target = knock.target.substr(0, knock.target.find('?'));
  if (target == "/healthz")
    return knock.method == "GET" ? Reply{200, R"({"status":"ok"})"} : only("GET");
  if (!may_enter(knock.authorization, service.token))
    return {401, error_line("a token is needed: the header 'Authorization: Bearer TOKEN', "
                            "TOKEN as in run.json")};
  return inside(knock.method, target, service);
}

}  // namespace troupe
