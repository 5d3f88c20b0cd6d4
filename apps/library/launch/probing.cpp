#include "apps/library/launch/probing.hpp"

#include <csignal>
#include <ctime>

#include "apps/library/run_folder.hpp"
#include "apps/library/version.hpp"

namespace troupe {
namespace {

constexpr int ssh_failed = 255;

/// What is told of a host whose shell gave no answer.
std::string failure_of(const Host& host, int code, const std::string& said) {
  const std::string cure = "; 'ssh -o BatchMode=yes " + host.login + " true' must work";
  const std::string why = said.empty() ? "" : ": " + said;
  if (code == ssh_failed) return "ssh does not get there" + why + cure;
  return "its shell ended with exit code " + std::to_string(code) + why + cure;
}

std::string folder_of_copies() { return "\"$HOME\"/.cache/troupe/bin"; }

}  // namespace

std::vector<Answer> probe_hosts(const Probing& probing, const std::vector<Host>& hosts,
                                const ProbeRequest& request) {
  Crew& crew = probing.crew;
  const auto deadline = Crew::Clock::now() + probing.patience;
  std::vector<Answer> answers(hosts.size());
  std::vector<std::string> last(hosts.size());
  const std::string input = as_input(probe_script(request));
  std::size_t first = 0;
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    const std::size_t member =
        crew.start({.argv = ssh_words(probing.ssh, hosts[h].login, run_script), .input = input});
    if (h == 0) first = member;
  }
  for (std::size_t left = hosts.size(); left > 0;) {
    const auto event = crew.next(deadline);
    if (!event) break;
    if (event->kind == Crew::Event::Kind::signal) throw Interrupted{event->code};
    if (event->member < first) continue;
    const std::size_t h = event->member - first;
    if (event->kind == Crew::Event::Kind::line) {
      const bool had = answers[h].probe.clock != 0;
      answers[h].probe.take(event->text);
      if (!had && answers[h].probe.clock != 0) answers[h].clock_here = std::time(nullptr);
      last[h] = event->text;
      continue;
    }
    --left;
    if (!answers[h].probe.complete) answers[h].failure = failure_of(hosts[h], event->code, last[h]);
  }
  for (std::size_t h = 0; h < hosts.size(); ++h) {
    if (!crew.runs(first + h)) continue;
    crew.signal(first + h, SIGKILL);
    answers[h].failure = "no answer within " + std::to_string(probing.patience.count()) +
                         " s; 'ssh -o BatchMode=yes " + hosts[h].login + " true' must work";
  }
  return answers;
}

std::string copied_program() {
  return folder_of_copies() + "/troupe-" + plain_name(version_text());
}

std::string copy_program(const Probing& probing, const Host& host, const std::string& program) {
  Crew& crew = probing.crew;
  const std::string folder = folder_of_copies();
  // Whole or not at all: somebody may be running the old one.
  const std::string command = "exec sh -c 'mkdir -p " + folder + " && cat > " + folder +
                              "/new.$$ && chmod 755 " + folder + "/new.$$ && mv " + folder +
                              "/new.$$ " + copied_program() + "'";
  const std::size_t member =
      crew.start({.argv = ssh_words(probing.ssh, host.login, command), .input_file = program});
  std::string last;
  // Patience is for each line of an answer; a copy takes what the network takes.
  while (const auto event = crew.next(Crew::Clock::now() + 20 * probing.patience)) {
    if (event->kind == Crew::Event::Kind::signal) throw Interrupted{event->code};
    if (event->member != member) continue;
    if (event->kind == Crew::Event::Kind::line) last = event->text;
    if (event->kind == Crew::Event::Kind::ended)
      return event->code == 0 ? "" : "the program could not be copied: " + last;
  }
  crew.signal(member, SIGKILL);
  return "the program could not be copied in time";
}

}  // namespace troupe
