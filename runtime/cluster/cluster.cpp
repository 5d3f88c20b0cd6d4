#include "runtime/cluster/cluster.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <map>
#include <optional>
#include <utility>

#include "base/cpu_level.hpp"
#include "messages/visit.hpp"
#include "runtime/cluster/children.hpp"
#include "runtime/cluster/data_server.hpp"
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
      : request_(std::move(request)), children_(request_.nodes), gone_(request_.nodes + 1) {}

  void run();
  void request_stop(const StopRequested& why) { inbox_.post(why); }
  void abandon() noexcept { children_.kill_all(); }

 private:
  class Departure;

  std::shared_ptr<Process> make_process();
  std::uint32_t segments_served() const;
  void open_data_plane(const std::shared_ptr<Process>& process);
  void open_door(caf::actor_system& system);
  void run_alone();
  void run_with_nodes();
  void hear(Stage& stage, const Heard& heard);
  void pass_on_news(Stage& stage);
  void report_last_news();
  void supervise(Stage& stage);
  void lose(Stage& stage, std::uint32_t process, const std::string& why);
  void report_stopped(const StopRequested& why);

  ClusterRequest request_;
  Inbox<HostEvent> inbox_;
  Children children_;
  ProcessMap processes_;
  std::vector<bool> gone_;  // per process
  std::optional<Entrance> entrance_;
  std::optional<Switchboard> switchboard_;
  std::unique_ptr<DataPlane> plane_;
  caf::actor endpoint_;
  caf::actor data_server_;                // none unless data is served
  std::map<std::uint32_t, Notice> news_;  // per process, not passed on yet
  Clock::time_point heard_news_;
  Clock::time_point begun_;
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
    host_.children_.kill_all();
    host_.children_.wait_all(Clock::now() + leave_time);
    caf::anon_send(host_.endpoint_, Quit{});
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
    for (std::uint32_t n = 1; n <= host_.request_.nodes; ++n)
      caf::anon_send(host_.endpoint_, Tell{n, Leave{}});
  }

  bool begun = false;

 private:
  // Who joins only now is sent away, too.
  void wait_until(Clock::time_point deadline) {
    while (Clock::now() < deadline && !host_.children_.wait_all(Clock::now())) {
      const auto event = host_.inbox_.next(Clock::now() + std::chrono::milliseconds(5));
      const auto* heard = event ? std::get_if<Heard>(&*event) : nullptr;
      if (heard != nullptr) caf::anon_send(host_.endpoint_, Tell{heard->peer, Leave{}});
    }
  }

  Host& host_;
  bool dismissed_ = false;
};

void Cluster::Host::run() {
  processes_ = map_processes(*request_.plan, {request_.nodes, request_.slots});
  if (request_.nodes == 0)
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
  process->processes = processes_;
  process->endpoint = endpoint_;
  process->data = plane_.get();
  return process;
}

void Cluster::Host::run_alone() {
  SystemConfig config;
  caf::actor_system system(config);
  Stage stage(system, make_process(), request_.make);
  stage.begin();
  supervise(stage);
  stage.end();
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
  command.insert(command.end(), {"--join", text_of(here)});
  children_.start(command, request_.credentials ? bundle(*request_.credentials) : "");

  const auto process = make_process();
  open_data_plane(process);
  const Secret secret = make_secret();
  plane_->admit(secret, 0);
  Muster muster({.request = request_,
                 .processes = processes_,
                 .children = children_,
                 .inbox = inbox_,
                 .endpoint = endpoint_,
                 .secret = secret});
  if (const auto stop = muster.gather()) {
    report_stopped(*stop);
    return;
  }
  use_cpu_level(static_cast<CpuLevel>(muster.cpu_level()));
  Stage stage(system, process, request_.make);
  caf::anon_send(endpoint_, Attach{process});
  for (std::uint32_t n = 1; n <= request_.nodes; ++n) caf::anon_send(endpoint_, Tell{n, Start{}});
  begun_ = Clock::now();
  stage.begin();
  for (const Heard& told : muster.take_told()) hear(stage, told);
  supervise(stage);
  report_last_news();
  departure.dismiss();
  stage.end();
}

// One for each that may be asking, or parts of all would push each other out.
std::uint32_t Cluster::Host::segments_served() const {
  constexpr std::uint32_t most = 64;
  return std::min(request_.plan->workers + request_.nodes, most);
}

void Cluster::Host::open_data_plane(const std::shared_ptr<Process>& process) {
  plane_ = std::make_unique<DataPlane>(
      *entrance_, ears_of(process, [this](std::uint32_t peer, const std::string& why) {
        inbox_.post(LinkLost{peer, why});
      }));
  process->data = plane_.get();
}

void Cluster::Host::open_door(caf::actor_system& system) {
  entrance_.emplace(entrance_options(request_.listen, request_.credentials));
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

void Cluster::Host::supervise(Stage& stage) {
  bool over = false;
  while (!over) {
    for (std::uint32_t n = 1; n <= request_.nodes; ++n)
      if (!gone_[n] && children_.ended(n)) lose(stage, n, "");
    pass_on_news(stage);
    auto event = inbox_.next(Clock::now() + tick);
    if (!event) continue;
    std::visit(Overload{[&](const Over&) { over = true; },
                        [&](const StopRequested& why) { stage.inject(Plan::coordinator, why); },
                        [&](const LinkLost& lost) {
                          if (lost.peer <= request_.nodes) lose(stage, lost.peer, lost.detail);
                        },
                        [&](const Heard& heard) { hear(stage, heard); }},
               *event);
  }
}

void Cluster::Host::hear(Stage& stage, const Heard& heard) {
  if (std::holds_alternative<Join>(heard.sentence))
    caf::anon_send(endpoint_, Tell{heard.peer, Declined{"the run has begun", 4}});
  const auto* told = std::get_if<Told>(&heard.sentence);
  if (told == nullptr || heard.peer > request_.nodes) return;
  Notice notice{told->what, children_.name(heard.peer), told->detail};
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
  for (auto& [process, notice] : std::exchange(news_, {})) {
    EventReport event;
    event.t = std::chrono::duration<double>(Clock::now() - begun_).count();
    event.what = std::move(notice.what);
    event.who = std::move(notice.who);
    event.detail = std::move(notice.detail);
    if (request_.report) request_.report(event);
  }
}

// A process that we gave up on does not come back: its actors are dead to the others.
void Cluster::Host::lose(Stage& stage, std::uint32_t process, const std::string& why) {
  if (gone_[process]) return;
  gone_[process] = true;
  caf::anon_send(endpoint_, Drop{process});
  plane_->drop(process);
  std::string detail = children_.name(process) + " ";
  if (children_.wait(process, Clock::now() + fate_time)) {
    detail += children_.fate(process);
  } else {
    children_.kill(process);
    detail += why;
  }
  WorkersLost lost{.detail = std::move(detail)};
  for (ActorId actor = Plan::first_drawn; actor < processes_.size(); ++actor)
    if (processes_[actor] == process) lost.workers.push_back(actor);
  stage.inject(Plan::coordinator, std::move(lost));
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
