#include "apps/library/run_card.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "apps/library/version.hpp"
#include "base/check.hpp"

namespace troupe {
namespace {

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &local);
  return text;
}

}  // namespace

std::string to_json(const RunCard& card) {
  nlohmann::ordered_json json = {
      {"run", card.run},         {"argv", card.argv},       {"seed", card.seed},
      {"version", card.version}, {"git", nullptr},          {"clock", card.clock},
      {"host", card.host},       {"kernels", card.kernels}, {"started", card.started},
      {"pid", card.pid},         {"address", nullptr},      {"token", nullptr},
      {"status", card.status},   {"exit", nullptr}};
  if (!card.git.empty()) json["git"] = card.git;
  if (!card.address.empty()) json["address"] = card.address;
  if (!card.token.empty()) json["token"] = card.token;
  if (card.exit) json["exit"] = *card.exit;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::optional<RunCard> parse_run_card(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto word = [&json](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto number = [&json](const char* name) -> std::optional<std::int64_t> {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int64_t>();
  };
  if (!number("pid") || word("status").empty()) return std::nullopt;
  RunCard card;
  card.run = word("run");
  card.host = word("host");
  card.clock = word("clock");
  card.started = word("started");
  card.pid = *number("pid");
  card.address = word("address");
  card.token = word("token");
  card.status = word("status");
  if (number("exit")) card.exit = static_cast<int>(*number("exit"));
  return card;
}

RunCard run_card_here() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  RunCard card;
  card.version = version();
  card.git = git_revision();
  card.host = host.data();
  card.started = local_time();
  card.pid = ::getpid();
  return card;
}

std::string random_token() {
  std::array<unsigned char, 16> bytes{};
  TROUPE_CHECK(::getrandom(bytes.data(), bytes.size(), 0), ==, static_cast<ssize_t>(bytes.size()));
  constexpr char digits[] = "0123456789abcdef";
  std::string token;
  for (const unsigned char byte : bytes) {
    token += digits[byte >> 4U];
    token += digits[byte & 15U];
  }
  return token;
}

}  // namespace troupe
