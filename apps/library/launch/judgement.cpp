#include "apps/library/launch/judgement.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "apps/library/version.hpp"
#include "base/user_error.hpp"
#include "runtime/address.hpp"

namespace troupe {
namespace {

bool is_local(const std::string& address) { return is_loopback({address, 0}); }

bool is_v6(const std::string& address) { return address.find(':') != std::string::npos; }

/// All of a machine's addresses; the second one is for those of both kinds.
std::string everywhere(bool v6) { return v6 ? "::" : "0.0.0.0"; }

/// True when somebody can listen there on this machine.
bool is_here(const std::string& address) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  const bool six = is_v6(address);
  if (::inet_pton(six ? AF_INET6 : AF_INET, address.c_str(),
                  six ? static_cast<void*>(&v6.sin6_addr) : &v4.sin_addr) != 1)
    return false;
  const int probe = ::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto* where = six ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
  const bool good = ::bind(probe, where, static_cast<socklen_t>(six ? sizeof v6 : sizeof v4)) == 0;
  ::close(probe);
  return good;
}

/// An address that others use may be a name, or that of a router before the host: where it
/// is not known to be the host's own, its node listens everywhere.
std::string listens_at(const Host& host, const Probe& probe, const std::string& address) {
  if (!host.listen.empty()) return host.listen;
  const bool own = host.address.empty() || is_local(address) || address == probe.address ||
                   std::ranges::count(probe.addresses, address) > 0;
  return own ? address : everywhere(is_v6(address));
}

/// Free a moment ago.
std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  socklen_t size = sizeof any;
  const bool good = ::bind(probe, reinterpret_cast<sockaddr*>(&any), sizeof any) == 0 &&
                    ::getsockname(probe, reinterpret_cast<sockaddr*>(&any), &size) == 0;
  ::close(probe);
  if (!good) throw UserError(ExitCode::cluster, "no port is free; give one with --port");
  return ntohs(any.sin_port);
}

std::string why_unfit(const Probe& probe) {
  if (probe.program.empty())
    return "has no program 'troupe' in the PATH that ssh gives; name it with --program, or let "
           "--copy-binary bring it";
  if (probe.version != version_text())
    return fmt::format(
        "has troupe {}, this machine {}; install the same there, or let "
        "--copy-binary bring it",
        probe.version, version_text());
  if (probe.address.empty())
    return "tells no address (SSH_CONNECTION is empty); give address=ADDR in the hosts file";
  return {};
}

}  // namespace

std::vector<std::string> wanted_files(const Config& config) {
  if (config.settings().text("data.source") != "file") return {};
  return {config.settings().text("data.path")};
}

std::vector<std::string> drawing_files(const Config& config) {
  const Settings& settings = config.settings();
  const bool wanted = settings.has("training.gossip.graph") &&
                      settings.text("training.gossip.graph") == "file" &&
                      settings.has("training.gossip.edges");
  if (!wanted) return {};
  return {settings.text("training.gossip.edges")};
}

std::vector<std::string> unfit(const std::vector<Host>& hosts, const std::vector<Answer>& answers) {
  std::vector<std::string> lines;
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    const std::string why =
        answers[h].failure.empty() ? why_unfit(answers[h].probe) : answers[h].failure;
    if (!why.empty()) lines.push_back(hosts[h].name() + ": " + why);
  }
  return lines;
}

std::vector<std::string> without_data(const std::vector<Host>& hosts,
                                      const std::vector<Answer>& answers,
                                      const std::vector<std::string>& files,
                                      const std::string& cure) {
  std::vector<std::string> lines;
  for (std::size_t h = 0; h < hosts.size(); ++h)
    for (const std::string& file : files) {
      const Probe& probe = answers[h].probe;
      const auto there = probe.files.find(file);
      std::error_code error;
      const auto here = static_cast<std::int64_t>(std::filesystem::file_size(file, error));
      if (there == probe.files.end() || there->second < 0)
        lines.push_back(fmt::format("{}: cannot read {}{}", hosts[h].name(), file, cure));
      else if (!error && there->second != here)
        lines.push_back(fmt::format("{}: {} has {} bytes there and {} here{}", hosts[h].name(),
                                    file, there->second, here, cure));
    }
  return lines;
}

Meeting meeting_of(const std::vector<Host>& hosts, const std::vector<Answer>& answers,
                   const OwnPlace& own) {
  Meeting meeting;
  const std::uint16_t port = own.port != 0 ? own.port : free_port();
  std::string common = own.address;
  bool one = true;
  meeting.local = common.empty() || is_local(common);
  for (const Answer& answer : answers) {
    if (is_local(answer.probe.caller)) continue;
    meeting.local = false;
    if (common.empty()) common = answer.probe.caller;
    if (own.address.empty() && common != answer.probe.caller) one = false;
  }
  for (const Host& host : hosts)
    if (!host.address.empty() && !is_local(host.address)) meeting.local = false;
  if (common.empty()) common = "127.0.0.1";
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    const Probe& probe = answers[h].probe;
    // A host that is this machine is reached by the others where this machine is.
    const bool here = is_local(probe.caller);
    const std::string& seen = here || !own.address.empty() ? common : probe.caller;
    meeting.joins.push_back(text_of(Address{seen, port}));
    meeting.addresses.push_back(!hosts[h].address.empty() ? hosts[h].address
                                : here && !meeting.local  ? common
                                                          : probe.address);
    meeting.listens.push_back(listens_at(hosts[h], probe, meeting.addresses.back()));
  }
  meeting.own_address = common;
  const bool v6 = std::ranges::any_of(
      meeting.joins, [](const std::string& join) { return join.starts_with('['); });
  const bool there = one && (own.address.empty() || is_local(common) || is_here(common));
  meeting.listen = text_of(Address{there ? common : everywhere(v6), port});
  return meeting;
}

}  // namespace troupe
