#include "apps/library/launch/launcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "apps/library/own_program.hpp"
#include "apps/library/version.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

// A node has ten seconds to finish its step; then its host's shell kills it.
constexpr std::chrono::seconds farewell{15};
constexpr std::chrono::seconds own_end{2};
constexpr int ssh_broke = 255;

}  // namespace

Launcher::Launcher(LaunchRequest request) : request_(std::move(request)) {
  survey();
  if (request_.copy_binary) copy_where_needed();
  refuse_if_any(unfit(request_.hosts, answers_), ExitCode::cluster);
  refuse_if_any(without_data(request_.hosts, answers_, wanted_files(request_.config)),
                ExitCode::data);
  refuse_if_any(without_data(request_.hosts, answers_, drawing_files(request_.config),
                             "; copy it there, every node draws the topology itself"),
                ExitCode::data);
  meeting_ = meeting_of(request_.hosts, answers_, {request_.address, request_.port});
  settle_slots();
  passes_ = passes_of(request_.config, request_.hosts, meeting_);
}

void Launcher::survey() {
  std::vector<std::string> files = wanted_files(request_.config);
  for (std::string& file : drawing_files(request_.config)) files.push_back(std::move(file));
  answers_ = probe_hosts({.crew = crew_, .ssh = request_.ssh}, request_.hosts,
                         {.folder = std::filesystem::current_path().string(),
                          .program = request_.program,
                          .files = std::move(files)});
}

void Launcher::copy_where_needed() {
  request_.program = copied_program();
  survey();
  bool copied = false;
  for (std::size_t h = 0; h < request_.hosts.size(); ++h) {
    if (!answers_[h].failure.empty() || answers_[h].probe.version == version_text()) continue;
    say(request_.hosts[h].name(), "copying this program there");
    const std::string why =
        copy_program({.crew = crew_, .ssh = request_.ssh}, request_.hosts[h], own_program());
    refuse_if_any(why.empty() ? std::vector<std::string>()
                              : std::vector{request_.hosts[h].name() + ": " + why},
                  ExitCode::cluster);
    copied = true;
  }
  if (copied) survey();
}

void Launcher::settle_slots() {
  std::uint32_t slots = 0;
  for (std::size_t h = 0; h < request_.hosts.size(); ++h) {
    Host& host = request_.hosts[h];
    if (host.slots == 0) host.slots = std::max(1U, answers_[h].probe.cores);
    slots += host.slots;
  }
  const Config& config = request_.config;
  const auto workers = static_cast<std::uint32_t>(config.settings().integer("training.workers"));
  workers_ = config.set_by_user("training.workers") ? workers : slots;
  if (workers_ > slots)
    config.refuse("training.workers",
                  fmt::format("{} for {} slots on {} hosts; give hosts more slots, or take fewer "
                              "workers",
                              config.describe("training.workers"), slots, request_.hosts.size()));
  if (workers_ < request_.hosts.size())
    config.refuse("training.workers",
                  fmt::format("{} leaves some of {} hosts idle; take more workers, or fewer hosts",
                              config.describe("training.workers"), request_.hosts.size()));
  if (workers_ < slots && !request_.quiet)
    request_.err << fmt::format("{} of {} slots stay idle: {}; without it each slot has a worker\n",
                                slots - workers_, slots, config.describe("training.workers"));
}

std::vector<std::string> Launcher::coordinator_words() const {
  std::vector<std::string> words = {own_program(), "train"};
  words.insert(words.end(), request_.train_words.begin(), request_.train_words.end());
  const auto set = [&](const std::string& key, const std::string& value) {
    words.emplace_back("-s");
    words.push_back(key + "=" + value);
  };
  words.emplace_back("--run-dir");
  words.push_back(request_.run_dir);
  set("training.workers", std::to_string(workers_));
  set("cluster.nodes", std::to_string(request_.hosts.size()));
  set("cluster.listen", meeting_.listen);
  if (passes_) {
    const CredentialFiles files = passes_->own_files();
    set("cluster.tls.mode", "files");
    set("cluster.tls.ca", files.authority);
    set("cluster.tls.certificate", files.certificate);
    set("cluster.tls.key", files.key);
  }
  return words;
}

NodeOrder Launcher::order_for(std::size_t host) const {
  const std::string& address = meeting_.addresses[host];
  NodeOrder order{
      .folder = answers_[host].probe.folder,
      .program = request_.program,
      .words = {"node", "--join", meeting_.joins[host], "--listen", meeting_.listens[host],
                "--advertise", address, "--slots", std::to_string(request_.hosts[host].slots)}};
  order.words.emplace_back("--wait");
  order.words.push_back(
      fmt::format("{:g}", request_.config.settings().number("cluster.start_timeout")));
  if (request_.quiet) order.words.emplace_back("--quiet");
  if (passes_) order.credentials = passes_->of(request_.hosts[host].name());
  return order;
}

std::string Launcher::plan() const {
  std::string text = "coordinator here, at " + meeting_.listen + ", " + std::to_string(workers_) +
                     " workers on " + std::to_string(request_.hosts.size()) + " hosts, " +
                     (passes_ ? passes_->sentence() : "in the clear on this machine alone") + "\n";
  for (std::size_t h = 0; h < request_.hosts.size(); ++h)
    text += request_.hosts[h].name() + " (" + meeting_.addresses[h] +
            (meeting_.listens[h] == meeting_.addresses[h] ? ""
                                                          : ", listens at " + meeting_.listens[h]) +
            ", folder " + answers_[h].probe.folder + ", " +
            std::to_string(request_.hosts[h].slots) + " slots, joins " + meeting_.joins[h] + ")\n";
  return text;
}

int Launcher::run() {
  coordinator_ = crew_.start({.argv = coordinator_words(), .hear = false});
  for (std::size_t h = 0; h < request_.hosts.size(); ++h)
    nodes_.push_back(
        crew_.start({.argv = ssh_words(request_.ssh, request_.hosts[h].login, run_script),
                     .input = as_input(node_script(order_for(h))),
                     .hold_input = true}));
  const int code = watch();
  dismiss();
  return code;
}

int Launcher::watch() {
  for (;;) {
    const auto event = crew_.next(Crew::Clock::now() + std::chrono::hours(1));
    if (!event) continue;
    if (event->kind == Crew::Event::Kind::signal) crew_.signal(coordinator_, event->code);
    if (event->kind == Crew::Event::Kind::ended && event->member == coordinator_)
      // It may have had a reason of its own, and said it.
      return failure_ != 0 && event->code == 128 + SIGTERM ? failure_ : event->code;
    heard(*event);
  }
}

void Launcher::heard(const Crew::Event& event) {
  const auto found = std::find(nodes_.begin(), nodes_.end(), event.member);
  if (found == nodes_.end()) return;
  const std::string name = request_.hosts[static_cast<std::size_t>(found - nodes_.begin())].name();
  if (event.kind == Crew::Event::Kind::line) return say(name, event.text);
  if (event.kind != Crew::Event::Kind::ended || event.code == 0) return;
  const bool broke = event.code == ssh_broke;
  // The coordinator would wait for it: a node that could not start never joins. One that
  // was killed had joined, or is missed like any other.
  const bool hopeless =
      (broke || event.code < 128) && failure_ == 0 && crew_.runs(coordinator_) && !run_has_begun();
  say(name, (broke ? std::string("the ssh connection broke")
                   : "the node ended with exit code " + std::to_string(event.code)) +
                (hopeless ? " before the run began; ending it" : ""));
  if (!hopeless) return;
  failure_ = static_cast<int>(ExitCode::cluster);
  crew_.signal(coordinator_, SIGTERM);
}

bool Launcher::run_has_begun() const {
  std::ifstream metrics(request_.run_dir + "/metrics.jsonl");
  for (std::string line; std::getline(metrics, line);)
    if (line.find("\"what\":\"nodes_ready\"") != std::string::npos) return true;
  return false;
}

// Whose run is over ends by itself; the others' input ends, and with it what they run.
void Launcher::dismiss() {
  const auto left = [&] {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](std::size_t n) { return crew_.runs(n); });
  };
  // How a node ends that is told to end is nobody's concern.
  const auto take = [&](const Crew::Event& event) {
    if (event.kind == Crew::Event::Kind::line || event.code == ssh_broke) heard(event);
  };
  const auto wait = [&](Crew::Clock::time_point until) {
    while (left()) {
      const auto event = crew_.next(until);
      if (!event || event->kind == Crew::Event::Kind::signal) return;
      take(*event);
    }
  };
  wait(Crew::Clock::now() + own_end);
  for (const std::size_t node : nodes_) crew_.close_input(node);
  wait(Crew::Clock::now() + farewell);
  while (const auto event = crew_.next(Crew::Clock::now())) take(*event);
  for (std::size_t h = 0; h < nodes_.size(); ++h) {
    if (!crew_.runs(nodes_[h])) continue;
    crew_.signal(nodes_[h], SIGKILL);
    say(request_.hosts[h].name(),
        "ssh did not end in time; see whether a node is left there: ssh " +
            request_.hosts[h].login + " pgrep -a troupe");
  }
}

void Launcher::say(const std::string& who, const std::string& line) const {
  std::size_t width = 0;
  for (const Host& host : request_.hosts) width = std::max(width, host.name().size());
  request_.err << who + std::string(width - std::min(width, who.size()), ' ') + " | " + line + "\n"
               << std::flush;
}

void Launcher::refuse_if_any(const std::vector<std::string>& lines, ExitCode code) const {
  if (lines.empty()) return;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) request_.err << lines[i] << "\n";
  throw UserError(code, lines.back());
}

}  // namespace troupe
