#include "apps/library/launch/hosts.hpp"

#include <charconv>
#include <map>
#include <sstream>

#include "base/user_error.hpp"
#include "config/config.hpp"
#include "runtime/tls/keys.hpp"

namespace troupe {
namespace {

constexpr std::uint32_t slots_max = 100000;

[[noreturn]] void refuse_host(const std::string& where, const std::string& why) {
  throw UserError(ExitCode::usage, where + ": " + why);
}

std::uint32_t slots_in(const std::string& text, const std::string& where) {
  std::uint32_t slots = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), slots);
  if (error != std::errc() || end != text.data() + text.size() || slots == 0 || slots > slots_max)
    refuse_host(where, "slots are a whole number from 1 to " + std::to_string(slots_max) +
                           ", not '" + text + "'");
  return slots;
}

Host host_in(const std::string& login, const std::string& where) {
  Host host{.login = login, .where = where};
  const std::size_t at = login.rfind('@');
  const std::string user = at == std::string::npos ? "user" : login.substr(0, at);
  // A user is as harmless as a host, or ssh would read an option.
  if (!is_host(host.name()) || !is_host(user))
    refuse_host(where, "'" + login + "' is no host; expected NAME, ADDRESS or USER@NAME");
  return host;
}

/// "slots=4"
void take_word(Host& host, const std::string& word) {
  const std::size_t equals = word.find('=');
  const std::string key = word.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  if (key == "slots") {
    host.slots = slots_in(value, host.where);
  } else if (key == "address") {
    if (!is_host(value))
      refuse_host(host.where, "address='" + value + "' is neither name nor address");
    host.address = value;
  } else if (key == "listen") {
    if (!is_host(value))
      refuse_host(host.where, "listen='" + value + "' is neither name nor address");
    host.listen = value;
  } else {
    const std::string near = did_you_mean(key, {"slots", "address", "listen"});
    refuse_host(host.where, "unknown word '" + word + "'" +
                                (near.empty() ? "; expected HOST slots=N address=ADDR listen=ADDR"
                                              : ", did you mean '" + near + "='?"));
  }
}

void check_twice(const std::vector<Host>& hosts) {
  std::map<std::string, std::string> seen;
  for (const Host& host : hosts) {
    const auto [first, fresh] = seen.try_emplace(host.name(), host.where);
    if (!fresh)
      refuse_host(host.where, "host '" + host.name() + "' is given twice, first at " +
                                  first->second + "; give it more slots instead");
  }
}

}  // namespace

std::vector<Host> parse_hosts(const std::string& text, const std::string& file) {
  std::vector<Host> hosts;
  std::istringstream lines(text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    if (!(words >> word)) continue;
    Host host = host_in(word, file + ":" + std::to_string(number));
    while (words >> word) take_word(host, word);
    hosts.push_back(std::move(host));
  }
  if (hosts.empty()) refuse_host(file, "names no host; expected lines such as 'alpha slots=4'");
  check_twice(hosts);
  return hosts;
}

std::vector<Host> parse_host_list(const std::string& text) {
  std::vector<Host> hosts;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t bracket = part.find(']');
    const std::size_t colon = part.find(':', bracket == std::string::npos ? 0 : bracket);
    std::string login = part.substr(0, colon);
    if (bracket != std::string::npos && login.find('[') != std::string::npos) {
      login.erase(bracket, 1);
      login.erase(login.find('['), 1);
    }
    Host host = host_in(login, "-H");
    if (colon != std::string::npos) host.slots = slots_in(part.substr(colon + 1), "-H");
    hosts.push_back(std::move(host));
  }
  if (hosts.empty()) refuse_host("-H", "names no host; expected a list such as alpha:4,beta:4");
  check_twice(hosts);
  return hosts;
}

}  // namespace troupe
