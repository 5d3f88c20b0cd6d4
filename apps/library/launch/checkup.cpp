#include "apps/library/launch/checkup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/user_error.hpp"

namespace troupe {
namespace {

using Judgement = Finding::Verdict;

// Certificates begin an hour in the past; logs are compared by eye.
constexpr std::int64_t clock_fail = 3600;
constexpr std::int64_t clock_warn = 30;
constexpr std::int64_t soon = std::int64_t{30} * 86400;

Finding clock_finding(const Answer& answer) {
  const std::int64_t ahead = answer.probe.clock - answer.clock_here;
  const std::string text = fmt::format("clock {} s {} this machine's", std::abs(ahead),
                                       ahead < 0 ? "behind" : "ahead of");
  if (std::abs(ahead) >= clock_fail)
    return {Judgement::fail,
            text +
                "; certificates are not valid yet, or no longer, for one of them: run an NTP "
                "client on both"};
  if (std::abs(ahead) >= clock_warn)
    return {Judgement::warn, text + "; logs will not fit together: run an NTP client on both"};
  return {Judgement::ok, "clock as here"};
}

/// The word after "x86-64-", of the line about the processor.
std::string kernels_of(const Probe& probe) {
  for (const std::string& line : probe.doctor) {
    const std::size_t at = line.find("x86-64-");
    if (line.find("processor") != std::string::npos && at != std::string::npos)
      return line.substr(at + 7, 2);
  }
  return "unknown";
}

void check_kernels(const std::vector<Host>& hosts, const std::vector<Answer>& answers,
                   HostFindings& found) {
  std::string lowest;
  std::string highest;
  for (const Answer& answer : answers) {
    const std::string level = kernels_of(answer.probe);
    if (level == "unknown") continue;
    lowest = lowest.empty() ? level : std::min(lowest, level);
    highest = std::max(highest, level);
  }
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    if (!answers[h].failure.empty() || answers[h].probe.doctor.empty()) continue;
    const std::string level = kernels_of(answers[h].probe);
    if (level == lowest && lowest != highest)
      found.push_back(
          {hosts[h].name(),
           {Judgement::warn, fmt::format("kernels {} where others have {}: all hosts of "
                                         "a run take the lowest; leave this one out to "
                                         "be faster",
                                         level, highest)}});
    else
      found.push_back({hosts[h].name(), {Judgement::ok, "kernels " + level}});
  }
}

/// "warn  descriptors  256; many nodes need more" of the host's own doctor.
void repeat_own(const std::string& host, const Probe& probe, HostFindings& found) {
  for (const std::string& line : probe.doctor) {
    const bool fail = line.rfind("fail", 0) == 0;
    // Of local nodes, which no host of a cluster starts.
    if ((!fail && line.rfind("warn", 0) != 0) || line.find("  privacy") != std::string::npos)
      continue;
    const std::size_t text = line.find_first_not_of(' ', 4);
    if (text != std::string::npos)
      found.push_back({host, {fail ? Judgement::fail : Judgement::warn, line.substr(text)}});
  }
}

void check_data(const std::vector<Host>& hosts, const std::vector<Answer>& answers,
                const std::vector<std::string>& files, HostFindings& found) {
  for (const std::string& line : without_data(hosts, answers, files)) {
    const std::size_t colon = line.find(": ");
    found.push_back({line.substr(0, colon), {Judgement::fail, line.substr(colon + 2)}});
  }
  std::map<std::string, std::pair<std::string, std::string>> first;  // file: manifest, host
  for (std::size_t h = 0; h < hosts.size(); ++h)
    for (const auto& [file, manifest] : answers[h].probe.manifests) {
      const auto [seen, fresh] = first.try_emplace(file, manifest, hosts[h].name());
      if (fresh || seen->second.first == manifest)
        found.push_back(
            {hosts[h].name(), {Judgement::ok, fmt::format("{}, manifest {}", file, manifest)}});
      else
        found.push_back({hosts[h].name(),
                         {Judgement::fail,
                          fmt::format("{} has manifest {} there and {} on {}; copy one of them "
                                      "to all, or take data.source = \"coordinator\"",
                                      file, manifest, seen->second.first, seen->second.second)}});
    }
}

Finding key_finding(const Host& host, const std::string& address, const std::string& folder) {
  const std::filesystem::path path(folder);
  const CredentialFiles files{path / "ca.pem", path / (host.name() + ".pem"),
                              path / (host.name() + ".key")};
  try {
    const CertificateFacts facts = certificate_facts(read_credentials(files).certificate);
    if (!facts.is_for(host.name()) && !facts.is_for(address))
      return {Judgement::warn,
              fmt::format("{} is made for '{}', not for {}; 'troupe keys new' makes "
                          "one for it",
                          files.certificate, facts.name, host.name())};
    if (facts.seconds_left < soon)
      return {Judgement::warn, files.certificate + " ends on " + facts.until +
                                   "; make another before: move it away and run 'troupe keys new'"};
    return {Judgement::ok, "certificate until " + facts.until};
  } catch (const UserError& error) {
    return {Judgement::fail, error.what()};
  }
}

}  // namespace

HostFindings check_answers(const std::vector<Host>& hosts, const std::vector<Answer>& answers,
                           const std::vector<std::string>& files) {
  HostFindings found;
  for (const std::string& line : unfit(hosts, answers)) {
    const std::size_t colon = line.find(": ");
    found.push_back({line.substr(0, colon), {Judgement::fail, line.substr(colon + 2)}});
  }
  std::vector<Host> there;
  std::vector<Answer> theirs;
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    if (!answers[h].failure.empty()) continue;
    there.push_back(hosts[h]);
    theirs.push_back(answers[h]);
    const Probe& probe = answers[h].probe;
    if (unfit({hosts[h]}, {answers[h]}).empty())
      found.push_back({hosts[h].name(), {Judgement::ok, "troupe " + probe.version}});
    found.push_back({hosts[h].name(), clock_finding(answers[h])});
    repeat_own(hosts[h].name(), probe, found);
  }
  check_kernels(there, theirs, found);
  check_data(there, theirs, files, found);
  return found;
}

HostFindings check_keys(const std::vector<Host>& hosts, const Meeting& meeting,
                        const std::string& folder) {
  HostFindings found;
  for (std::size_t h = 0; h < hosts.size(); ++h)
    found.push_back({hosts[h].name(), key_finding(hosts[h], meeting.addresses[h], folder)});
  return found;
}

}  // namespace troupe
