/// What the starting process does where a run has nodes: its doors, who comes, who is heard
/// and who is lost. Where there are none, none of it is there.
#include <fmt/format.h>

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

#include "base/cpu_level.hpp"
#include "base/user_error.hpp"
#include "runtime/cluster/data_server.hpp"
#include "runtime/cluster/host.hpp"
#include "runtime/tls/bundle.hpp"

namespace troupe {
namespace {

// For nodes to leave by themselves; the whole end stays below two seconds. Before
// the actors begin there is nothing that a node could lose.
constexpr auto leave_time = std::chrono::milliseconds(1500);
constexpr auto leave_time_unbegun = std::chrono::milliseconds(300);
constexpr auto news_settle_time = std::chrono::milliseconds(200);
constexpr auto fate_time = std::chrono::milliseconds(200);
// A configuration travels in one piece.
constexpr std::size_t settings_bytes_max = piece_bytes / 2;

}  // namespace

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

  process_ = make_process(request_.plan);
  open_data_plane();
  process_->data = plane_.get();
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
  process_->processes = muster_->processes();
  use_cpu_level(static_cast<CpuLevel>(muster_->cpu_level()));
  const Curtain curtain{stage_};
  play(system, request_.make);
  for (std::uint32_t n = 1; n <= roster_.count(); ++n) caf::anon_send(endpoint_, Tell{n, Start{}});
  begun_ = Clock::now();
  note("nodes_ready", "",
       fmt::format("{} nodes for {} workers; training begins", roster_.count(),
                   request_.plan->workers));
  departure.begun = true;
  stage_->begin();
  look_out();
  if (std::vector<ActorId> vacant = muster_->vacant(); !vacant.empty())
    stage_->inject(Plan::coordinator, WorkersLost{.workers = std::move(vacant),
                                                  .detail = "no node has room; one that joins may "
                                                            "take it",
                                                  .what = "worker_awaited"});
  for (const Heard& told : muster_->take_told()) hear(told);
  supervise(system);
  report_last_news();
  departure.dismiss();
  stage_->end();
}

// One for each that may be asking, or parts of all would push each other out.
std::uint32_t Cluster::Host::segments_served() const {
  constexpr std::uint32_t most = 64;
  return std::min(request_.plan->workers + roster_.count(), most);
}

void Cluster::Host::open_data_plane() {
  plane_ = std::make_unique<DataPlane>(
      *entrance_, ears_of(at_work_, [this](std::uint32_t peer, const std::string& why) {
        inbox_.post(LinkLost{peer, why});
      }));
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

void Cluster::Host::hear(const Heard& heard) {
  if (auto arrival = muster_->late(heard)) {
    for (const ActorId worker : arrival->workers)
      process_->processes.move(worker, arrival->process);
    lookout_->settle(arrival->workers, arrival->process, roster_.name(arrival->process));
    caf::anon_send(endpoint_, Tell{arrival->process, Start{}});
    stage_->inject(Plan::coordinator,
                   WorkersJoined{std::move(arrival->workers), roster_.name(arrival->process)});
  }
  if (std::holds_alternative<Leaving>(heard.sentence))
    stage_->inject(Plan::coordinator,
                   WorkersLeaving{muster_->workers_of(heard.peer), roster_.name(heard.peer)});
  if (const auto* beat = std::get_if<Beat>(&heard.sentence);
      beat != nullptr && roster_.has(heard.peer))
    return lookout_->hear(heard.peer, *beat);
  if (const auto* watch = std::get_if<WatchRun>(&heard.sentence))
    return lookout_->admit(heard.peer, *watch);
  const auto* told = std::get_if<Told>(&heard.sentence);
  if (told == nullptr || !roster_.has(heard.peer)) return;
  Notice notice{told->what, roster_.name(heard.peer), told->detail};
  if (!told->sum) return stage_->inject(Plan::coordinator, std::move(notice));
  heard_news_ = Clock::now();
  news_[heard.peer] = std::move(notice);
}

// Sums grow while partitions are loaded one after the other: one line when that is over.
void Cluster::Host::pass_on_news() {
  if (news_.empty() || Clock::now() - heard_news_ < news_settle_time) return;
  for (auto& [process, notice] : std::exchange(news_, {}))
    stage_->inject(Plan::coordinator, std::move(notice));
}

// The coordinator has said its last word, and the end line comes after this.
void Cluster::Host::report_last_news() {
  for (auto& [process, notice] : std::exchange(news_, {}))
    note(notice.what, notice.who, notice.detail);
}

// A process that we gave up on does not come back: its actors are dead to the others.
void Cluster::Host::lose(std::uint32_t process, const std::string& why) {
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
  stage_->inject(Plan::coordinator,
                 WorkersLost{.workers = muster_->workers_of(process), .detail = std::move(detail)});
}

}  // namespace troupe
