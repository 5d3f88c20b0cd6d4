#include "runtime/cluster/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <caf/send.hpp>
#include <map>
#include <optional>
#include <utility>

#include "base/cpu_level.hpp"
#include "messages/visit.hpp"
#include "runtime/cluster/children.hpp"
#include "runtime/cluster/data_server.hpp"
#include "runtime/cluster/lookout.hpp"
#include "runtime/cluster/muster.hpp"
#include "runtime/cluster/stage.hpp"
#include "runtime/cluster/switchboard.hpp"
#include "runtime/tls/bundle.hpp"

namespace troupe {
namespace {

constexpr auto tick = std::chrono::milliseconds(50);
// For nodes to leave by themselves; the whole end stays below two seconds. Before
// the actors begin there is nothing that a node could lose.
constexpr auto leave_time = std::chrono::milliseconds(1500);
constexpr auto leave_time_unbegun = std::chrono::milliseconds(300);
constexpr auto news_settle_time = std::chrono::milliseconds(200);
constexpr auto fate_time = std::chrono::milliseconds(200);
// A configuration travels in one piece.
constexpr std::size_t settings_bytes_max = piece_bytes / 2;

}  // namespace

class Cluster::Host {
 public:
  explicit Host(ClusterRequest request)
      : request_(std::move(request)), roster_(request_.nodes, request_.others) {}

  void run();
  void request_stop(const StopRequested& why) { inbox_.post(why); }
  void abandon() noexcept { roster_.children().kill_all(); }

 private:
  class Departure;

  std::shared_ptr<Process> make_process();
  std::uint32_t segments_served() const;
  void open_data_plane(const std::shared_ptr<Process>& process);
  void open_door(caf::actor_system& system);
  void run_alone();
  void run_with_nodes();
  void hear(Stage& stage, Process& process, const Heard& heard);
  void pass_on_news(Stage& stage);
  void report_last_news();
  /// A line of the run's log that is nobody else's; from any thread.
  void note(const std::string& what, const std::string& who, const std::string& detail) const;
  void look_out();
  void supervise(Stage& stage, Process& process);
  void lose(Stage& stage, std::uint32_t process, const std::string& why);
  void report_stopped(const StopRequested& why);

  ClusterRequest request_;
  Inbox<HostEvent> inbox_;
  Roster roster_;
  ProcessMap processes_;
  std::optional<Entrance> entrance_;
  std::optional<Switchboard> switchboard_;
  std::unique_ptr<DataPlane> plane_;
  caf::actor endpoint_;
  caf::actor data_server_;                // none unless data is served
  std::map<std::uint32_t, Notice> news_;  // per process, not passed on yet
  Clock::time_point heard_news_;
  std::optional<Muster> muster_;  // with nodes
  std::optional<Lookout> lookout_;
  std::atomic<Clock::time_point> begun_;
};

// Whatever happens in between: when it goes, so has every node.
class Cluster::Host::Departure {
 public:
  explicit Departure(Host& host) : host_(host) {}
  Departure(const Departure&) = delete;
  Departure& operator=(const Departure&) = delete;
  ~Departure() {
    dismiss();
    wait_until(Clock::now() + (begun ? leave_time : leave_time_unbegun));
    host_.roster_.children().kill_all();
    host_.roster_.children().wait_all(Clock::now() + leave_time);
    caf::anon_send(host_.endpoint_, Quit{});
    host_.muster_.reset();
    host_.endpoint_ = nullptr;
    host_.plane_.reset();
    host_.switchboard_.reset();
    if (host_.data_server_) caf::anon_send(host_.data_server_, Quit{});
    host_.data_server_ = nullptr;
    host_.entrance_.reset();
  }
  void dismiss() {
    if (dismissed_) return;
    dismissed_ = true;
    for (std::uint32_t n = 1; n <= host_.roster_.count(); ++n)
      caf::anon_send(host_.endpoint_, Tell{n, Leave{}});
  }

  bool begun = false;

 private:
  bool empty() const {
    return !host_.roster_.has_guests() && host_.roster_.children().wait_all(Clock::now());
  }
  // Who joins only now is sent away, too.
  void wait_until(Clock::time_point deadline) {
    while (Clock::now() < deadline && !empty()) {
      const auto event = host_.inbox_.next(Clock::now() + std::chrono::milliseconds(5));
      if (!event) continue;
      if (const auto* heard = std::get_if<Heard>(&*event))
        caf::anon_send(host_.endpoint_, Tell{heard->peer, Leave{}});
      const auto* lost = std::get_if<LinkLost>(&*event);
      if (lost != nullptr && host_.roster_.has(lost->peer)) host_.roster_.give_up(lost->peer);
    }
  }

  Host& host_;
  bool dismissed_ = false;
};

void Cluster::Host::run() {
  begun_ = Clock::now();
  if (request_.server > roster_.count())
    throw UserError(ExitCode::usage, fmt::format("cluster.server = {}, but there are {} nodes",
                                                 request_.server, roster_.count()));
  if (request_.server > 0 && request_.plan->peers())
    throw UserError(ExitCode::usage, "cluster.server: peers have no server");
  processes_ = map_processes(*request_.plan, {.nodes = roster_.count(), .slots = request_.slots});
  if (roster_.count() == 0)
    run_alone();
  else
    run_with_nodes();
}

std::shared_ptr<Process> Cluster::Host::make_process() {
  auto process = std::make_shared<Process>();
  process->plan = request_.plan;
  process->pace = request_.pace;
  process->run = request_.run_id;
  process->report = request_.report;
  process->over = [this] { inbox_.post(Over{}); };
  process->first_refused = [this](const std::string& line) { note("message_refused", "", line); };
  process->processes = processes_;
  process->endpoint = endpoint_;
  process->data = plane_.get();
  if (request_.plan->sharing)
    process->memory = std::make_shared<LiveMemory>(*request_.plan, !request_.pace.real);
  return process;
}

void Cluster::Host::run_alone() {
  SystemConfig config;
  caf::actor_system system(config);
  const auto process = make_process();
  Stage stage(system, process, request_.make);
  stage.begin();
  look_out();
  supervise(stage, *process);
  stage.end();
}

void Cluster::Host::look_out() {
  lookout_.emplace(Lookout::Means{.plan = request_.plan,
                                  .watch = request_.watch,
                                  .state = request_.state,
                                  .tell =
                                      [this](PeerId peer, Handshake sentence) {
                                        caf::anon_send(endpoint_, Tell{peer, std::move(sentence)});
                                      },
                                  .version = request_.version});
  if (!muster_) return;
  for (std::uint32_t n = 1; n <= roster_.count(); ++n)
    lookout_->settle(muster_->workers_of(n), n, roster_.name(n));
  lookout_->settle(muster_->workers_of(nowhere), nowhere, "nowhere yet");
}

void Cluster::Host::run_with_nodes() {
  if (request_.settings_text.size() > settings_bytes_max)
    throw UserError(ExitCode::usage, "the configuration is too long for nodes: " +
                                         std::to_string(request_.settings_text.size()) +
                                         " bytes, at most " + std::to_string(settings_bytes_max));
  SystemConfig config({request_.heartbeat_seconds, request_.lost_after_seconds});
  caf::actor_system system(config);
  open_door(system);
  Departure departure(*this);
  std::vector<std::string> command = request_.node_command;
  Address here = entrance_->address();
  if (here.host == "0.0.0.0") here.host = "127.0.0.1";
  if (here.host == "::") here.host = "::1";
  if (request_.credentials) command.emplace_back("--credentials-on-input");
  if (!is_loopback(here)) command.insert(command.end(), {"--listen", Address(here).host});
  command.insert(command.end(), {"--join", text_of(here)});
  roster_.children().start(command, request_.credentials ? bundle(*request_.credentials) : "");

  const auto process = make_process();
  open_data_plane(process);
  const Secret secret = make_secret();
  plane_->admit(secret, 0);
  muster_.emplace(
      Muster::Means{.request = request_,
                    .roster = roster_,
                    .inbox = inbox_,
                    .endpoint = endpoint_,
                    .secret = secret,
                    .note = [this](const std::string& what, const std::string& who,
                                   const std::string& detail) { note(what, who, detail); }});
  if (const auto stop = muster_->gather()) {
    report_stopped(*stop);
    return;
  }
  process->processes = muster_->processes();
  use_cpu_level(static_cast<CpuLevel>(muster_->cpu_level()));
  Stage stage(system, process, request_.make);
  caf::anon_send(endpoint_, Attach{process});
  for (std::uint32_t n = 1; n <= roster_.count(); ++n) caf::anon_send(endpoint_, Tell{n, Start{}});
  begun_ = Clock::now();
  note("nodes_ready", "",
       fmt::format("{} nodes for {} workers; training begins", roster_.count(),
                   request_.plan->workers));
  departure.begun = true;
  stage.begin();
  look_out();
  if (std::vector<ActorId> vacant = muster_->vacant(); !vacant.empty())
    stage.inject(Plan::coordinator, WorkersLost{.workers = std::move(vacant),
                                                .detail = "no node has room; one that joins may "
                                                          "take it",
                                                .what = "worker_awaited"});
  for (const Heard& told : muster_->take_told()) hear(stage, *process, told);
  supervise(stage, *process);
  report_last_news();
  departure.dismiss();
  stage.end();
}

// One for each that may be asking, or parts of all would push each other out.
std::uint32_t Cluster::Host::segments_served() const {
  constexpr std::uint32_t most = 64;
  return std::min(request_.plan->workers + roster_.count(), most);
}

void Cluster::Host::open_data_plane(const std::shared_ptr<Process>& process) {
  plane_ = std::make_unique<DataPlane>(
      *entrance_, ears_of(process, [this](std::uint32_t peer, const std::string& why) {
        inbox_.post(LinkLost{peer, why});
      }));
  process->data = plane_.get();
}

void Cluster::Host::open_door(caf::actor_system& system) {
  Entrance::Options options = entrance_options(request_.listen, request_.credentials);
  options.refused = [this](const std::string& who, const std::string& why) {
    note("turned_away", who, why);
  };
  entrance_.emplace(std::move(options));
  if (request_.others > 0)
    note("listening", "",
         fmt::format("nodes join at {}; {} awaited for {:g} s", text_of(entrance_->address()),
                     request_.others, request_.start_seconds));
  switchboard_.emplace(system, *entrance_);
  endpoint_ = spawn_endpoint(system, [this](EndpointEvent event) {
    std::visit([this](auto& each) { inbox_.post(std::move(each)); }, event);
  });
  if (request_.serve) {
    data_server_ = spawn_data_server(system, request_.serve, segments_served());
    switchboard_->publish(Errand::segments, data_server_);
  }
  switchboard_->publish(Errand::control, endpoint_);
}

void Cluster::Host::supervise(Stage& stage, Process& process) {
  bool over = false;
  while (!over) {
    for (std::uint32_t n = 1; n <= request_.nodes; ++n)
      if (!roster_.gone(n) && roster_.children().ended(n)) lose(stage, n, "");
    pass_on_news(stage);
    lookout_->tick(process);
    auto event = inbox_.next(Clock::now() + tick);
    if (!event) continue;
    std::visit(Overload{[&](const Over&) { over = true; },
                        [&](const StopRequested& why) { stage.inject(Plan::coordinator, why); },
                        [&](const LinkLost& lost) {
                          lookout_->dismiss(lost.peer);
                          if (roster_.has(lost.peer)) lose(stage, lost.peer, lost.detail);
                        },
                        [&](const Heard& heard) { hear(stage, process, heard); }},
               *event);
  }
  lookout_->end(process);
}

void Cluster::Host::hear(Stage& stage, Process& process, const Heard& heard) {
  if (auto arrival = muster_->late(heard)) {
    for (const ActorId worker : arrival->workers) process.processes.move(worker, arrival->process);
    lookout_->settle(arrival->workers, arrival->process, roster_.name(arrival->process));
    caf::anon_send(endpoint_, Tell{arrival->process, Start{}});
    stage.inject(Plan::coordinator,
                 WorkersJoined{std::move(arrival->workers), roster_.name(arrival->process)});
  }
  if (std::holds_alternative<Leaving>(heard.sentence))
    stage.inject(Plan::coordinator,
                 WorkersLeaving{muster_->workers_of(heard.peer), roster_.name(heard.peer)});
  if (const auto* beat = std::get_if<Beat>(&heard.sentence);
      beat != nullptr && roster_.has(heard.peer))
    return lookout_->hear(heard.peer, *beat);
  if (const auto* watch = std::get_if<WatchRun>(&heard.sentence))
    return lookout_->admit(heard.peer, *watch);
  const auto* told = std::get_if<Told>(&heard.sentence);
  if (told == nullptr || !roster_.has(heard.peer)) return;
  Notice notice{told->what, roster_.name(heard.peer), told->detail};
  if (!told->sum) return stage.inject(Plan::coordinator, std::move(notice));
  heard_news_ = Clock::now();
  news_[heard.peer] = std::move(notice);
}

// Sums grow while partitions are loaded one after the other: one line when that is over.
void Cluster::Host::pass_on_news(Stage& stage) {
  if (news_.empty() || Clock::now() - heard_news_ < news_settle_time) return;
  for (auto& [process, notice] : std::exchange(news_, {}))
    stage.inject(Plan::coordinator, std::move(notice));
}

// The coordinator has said its last word, and the end line comes after this.
void Cluster::Host::report_last_news() {
  for (auto& [process, notice] : std::exchange(news_, {}))
    note(notice.what, notice.who, notice.detail);
}

void Cluster::Host::note(const std::string& what, const std::string& who,
                         const std::string& detail) const {
  EventReport event;
  event.t = std::chrono::duration<double>(Clock::now() - begun_.load()).count();
  event.what = what;
  event.who = who;
  event.detail = detail;
  if (request_.report) request_.report(event);
}

// A process that we gave up on does not come back: its actors are dead to the others.
void Cluster::Host::lose(Stage& stage, std::uint32_t process, const std::string& why) {
  if (roster_.gone(process)) return;
  roster_.give_up(process);
  lookout_->lose(process);
  caf::anon_send(endpoint_, Drop{process});
  plane_->drop(process);
  muster_->tell_gone(process);
  std::string detail = roster_.name(process) + " ";
  if (!roster_.is_child(process)) {
    detail += why;
  } else if (Children& children = roster_.children();
             children.wait(process, Clock::now() + fate_time)) {
    detail += children.fate(process);
  } else {
    children.kill(process);
    detail += why;
  }
  stage.inject(Plan::coordinator,
               WorkersLost{.workers = muster_->workers_of(process), .detail = std::move(detail)});
}

// The actors never began, so nobody else can say it.
void Cluster::Host::report_stopped(const StopRequested& why) {
  EndReport end;
  end.status = "stopped";
  end.reason = why.reason;
  end.exit_code = why.exit_code;
  if (request_.report) request_.report(end);
}

Cluster::Cluster(ClusterRequest request) : host_(std::make_unique<Host>(std::move(request))) {}
Cluster::~Cluster() = default;
void Cluster::run() { host_->run(); }
void Cluster::request_stop(const StopRequested& why) { host_->request_stop(why); }
void Cluster::abandon() noexcept { host_->abandon(); }

}  // namespace troupe
