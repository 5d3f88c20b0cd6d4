/// `troupe doctor --hosts`: what would keep a run over these hosts from working, a line
/// each, with what to do about it.
#include <filesystem>
#include <ostream>

#include "apps/library/commands/doctor.hpp"
#include "apps/library/launch/checkup.hpp"
#include "apps/library/run_folder.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

constexpr std::uint16_t usual_port = 7000;
constexpr std::uint16_t last_port = 65534;

std::vector<Host> named_hosts(const Arguments& arguments) {
  if (arguments.has("--hosts") && arguments.has("--host"))
    arguments.refuse("give the hosts by --hosts FILE or by -H a,b");
  if (arguments.has("--host")) return parse_host_list(arguments.text("--host"));
  const std::string file = arguments.text("--hosts");
  return parse_hosts(read_text(file, ExitCode::usage), file);
}

std::uint16_t tried_port(const Arguments& arguments) {
  const std::uint64_t port = arguments.count("--port").value_or(usual_port);
  if (port == 0 || port > last_port)
    arguments.refuse("--port is from 1 to 65534, not " + std::to_string(port));
  return static_cast<std::uint16_t>(port);
}

std::vector<std::string> files_of(const Arguments& arguments) {
  std::vector<std::string> files;
  for (const std::string& file : arguments.all("--data"))
    files.push_back(std::filesystem::absolute(file).string());
  return files;
}

int print(const HostFindings& findings, std::ostream& out) {
  std::size_t width = 4;
  for (const HostFinding& one : findings) width = std::max(width, one.host.size());
  int code = 0;
  for (const auto& [host, finding] : findings) {
    out << word_of(finding.verdict) << "  " << host << std::string(width - host.size() + 2, ' ')
        << finding.text << std::endl;
    if (finding.verdict == Finding::Verdict::fail) code = 1;
  }
  return code;
}

}  // namespace

int look_at_hosts(const Arguments& arguments, Invocation& invocation) {
  const std::vector<Host> hosts = named_hosts(arguments);
  const std::string ssh = arguments.text("--ssh", "ssh");
  const std::string program = shell_word(arguments.text("--program", "troupe"));
  const std::uint16_t port = tried_port(arguments);
  try {
    Crew crew;
    const std::vector<Answer> answers =
        probe_hosts({.crew = crew, .ssh = ssh}, hosts,
                    {.folder = std::filesystem::current_path().string(),
                     .program = program,
                     .files = files_of(arguments),
                     .checkup = true});
    HostFindings findings = check_answers(hosts, answers, files_of(arguments));
    std::vector<Host> fit;
    std::vector<Answer> theirs;
    for (std::size_t h = 0; h < hosts.size(); ++h)
      if (unfit({hosts[h]}, {answers[h]}).empty()) {
        fit.push_back(hosts[h]);
        theirs.push_back(answers[h]);
      }
    const Meeting meeting = meeting_of(fit, theirs, {arguments.text("--address"), port});
    const auto add = [&](HostFindings more) {
      findings.insert(findings.end(), more.begin(), more.end());
    };
    if (arguments.has("--keys")) add(check_keys(fit, meeting, arguments.text("--keys")));
    if (!fit.empty())
      add(check_ports({.crew = crew, .ssh = ssh, .program = program, .port = port}, fit, meeting));
    return print(findings, invocation.out);
  } catch (const Interrupted& interrupted) {
    return 128 + interrupted.signal;
  }
}

}  // namespace troupe
