#include "runtime/gateway/door.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

namespace troupe {
namespace {

constexpr std::array<std::string_view, 5> actions = {"stop", "pause", "resume", "checkpoint",
                                                     "swap"};

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

/// The value of `token` in a query, as it stands there: tokens are hex digits.
std::string_view token_in(std::string_view target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {};
  constexpr std::string_view key = "token=";
  for (std::string_view rest = target.substr(mark + 1); !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    if (pair.substr(0, key.size()) == key) return pair.substr(key.size());
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
  }
  return {};
}

bool may_enter(const Knock& knock, const std::string& token) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view said = knock.authorization;
  if (said.empty()) return same_secret(token_in(knock.target), token);
  return said.substr(0, scheme.size()) == scheme && same_secret(said.substr(scheme.size()), token);
}

Reply only(const std::string& method) { return {405, error_line("only " + method + " here")}; }

Reply later(const std::string& target) {
  return {501, error_line("'" + target + "' comes with a later version")};
}

/// What can be read, and how it is written.
struct Shelf {
  std::string_view target;
  std::function<std::string()> GatewayService::*what;
  const char* type;
};
constexpr const char* json = "application/json";
constexpr std::array shelves = {
    Shelf{"/", &GatewayService::page, "text/html; charset=utf-8"},
    Shelf{"/api/v1/state", &GatewayService::state, json},
    Shelf{"/api/v1/graph", &GatewayService::graph, json},
    Shelf{"/api/v1/config", &GatewayService::config, json},
    Shelf{"/metrics", &GatewayService::metrics, "text/plain; version=0.0.4; charset=utf-8"}};

Reply read(const Knock& knock, const std::string& target, const GatewayService& service) {
  for (const Shelf& shelf : shelves) {
    if (shelf.target != target) continue;
    if (knock.method != "GET") return only("GET");
    const auto& what = service.*shelf.what;
    return what ? Reply{200, what(), shelf.type} : later(target);
  }
  if (target == "/api/v1/events") {
    if (knock.method != "GET") return only("GET");
    if (!service.story) return later(target);
    return {.status = 200, .type = "text/event-stream", .follows = true};
  }
  return {404, error_line("nothing here; try /api/v1/state")};
}

Reply inside(const Knock& knock, const std::string& target, const GatewayService& service) {
  constexpr std::string_view folder = "/api/v1/";
  if (target.substr(0, folder.size()) == folder) {
    const std::string action = target.substr(folder.size());
    if (std::find(actions.begin(), actions.end(), action) != actions.end()) {
      if (knock.method != "POST") return only("POST");
      return service.act ? service.act(action, knock.body) : later(target);
    }
  }
  return read(knock, target, service);
}

Reply open_to_all(const Knock& knock, const std::string& target, const GatewayService& service) {
  if (knock.method != "GET") return only("GET");
  if (target == "/healthz") return {200, R"({"status":"ok"})"};
  const bool ready = service.ready && service.ready();
  return ready ? Reply{200, R"({"ready":true})"} : Reply{503, R"({"ready":false})"};
}

}  // namespace

std::string error_line(const std::string& what) {
  return nlohmann::json{{"error", what}}.dump(-1, ' ', false,
                                              nlohmann::json::error_handler_t::replace);
}

std::string done_line(const std::string& what) {
  return nlohmann::json{{"ok", true}, {"line", what}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Reply answer(const Knock& knock, const GatewayService& service) {
  if (!is_this_machine(knock.host))
    return {403, error_line("the Host header must name 127.0.0.1 or localhost")};
  const bool foreign = !knock.origin.empty() && !is_own_origin(knock.origin);
  // A link on another page may lead to this one; nothing else of another page may.
  const bool followed = knock.method == "GET" && knock.target.substr(0, 2) == "/?";
  if (foreign || (knock.site == "cross-site" && !followed))
    return {403, error_line("requests of other sites' pages are refused")};
  const std::string target = knock.target.substr(0, knock.target.find('?'));
  if (target == "/healthz" || target == "/readyz") return open_to_all(knock, target, service);
  if (!may_enter(knock, service.token))
    return {401, error_line("a token is needed: the header 'Authorization: Bearer TOKEN', "
                            "TOKEN as in run.json")};
  return inside(knock, target, service);
}

}  // namespace troupe
