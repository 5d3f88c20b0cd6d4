/// A node's life: join, agree, connect, serve, leave. It starts nothing before the
/// coordinator has agreed to its plan.
#include <fmt/format.h>

#include <algorithm>
#include <caf/send.hpp>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <set>
#include <thread>

#include "base/cpu_level.hpp"
#include "base/user_error.hpp"
#include "messages/visit.hpp"
#include "runtime/cluster/cluster.hpp"
#include "runtime/cluster/data_client.hpp"
#include "runtime/cluster/endpoint.hpp"
#include "runtime/cluster/greeting.hpp"
#include "runtime/cluster/inbox.hpp"
#include "runtime/cluster/lookout.hpp"
#include "runtime/cluster/process.hpp"
#include "runtime/cluster/stage.hpp"
#include "runtime/cluster/switchboard.hpp"
#include "runtime/cluster/watchdog.hpp"

namespace troupe {
namespace {

constexpr PeerId coordinator = 0;
constexpr auto connect_time = std::chrono::seconds(10);
constexpr auto first_pause = std::chrono::milliseconds(20);
constexpr auto longest_pause = std::chrono::milliseconds(500);
constexpr auto grace = std::chrono::seconds(1);
constexpr auto linger = std::chrono::milliseconds(200);

Address address_of(const std::string& option, const std::string& text) {
  const auto address = parse_address(text);
  if (!address)
    throw UserError(ExitCode::usage, option + " " + text + ": expected HOST or HOST:PORT");
  return *address;
}

/// What a node's own thread hears besides: somebody asks it to leave, a worker of its is done.
struct AskedToLeave {};
struct Retired {};
using NodeEvent = std::variant<Heard, LinkLost, AskedToLeave, Retired>;

class Node {
 public:
  explicit Node(const NodeRequest& request)
      : request_(request),
        config_(Heartbeat{request.heartbeat_seconds, request.lost_after_seconds}),
        system_(config_) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node() {
    if (request_.leave) request_.leave->listen({});
    if (data_) data_->close();
    stage_.reset();
    if (endpoint_) caf::anon_send(endpoint_, Quit{});
  }

  int serve();
  /// It served, and then there was nobody to serve any more.
  bool orphaned() const { return orphaned_; }

 private:
  void open_door();
  Address advertised(const std::string& own_host) const;
  Switchboard::Reached reach(const Address& address, Errand errand, Clock::duration time);
  NodeData data_of(const Welcome& welcome);
  void tell(PeerId peer, Handshake sentence) {
    caf::anon_send(endpoint_, Tell{peer, std::move(sentence)});
  }
  int live();
  void hear(const LinkLost& lost);
  bool carry_on();
  void give_up();
  void go();
  void retire();
  void hear(PeerId peer, const Handshake& sentence);
  void on(const Welcome& welcome);
  void on(const Placement& placement);
  void on(PeerId visitor, const Hello& hello);
  void on(const Moved& moved);
  void settle_in();
  void beat();
  void decline(int exit_code, const std::string& line);
  int leave(int exit_code, const std::string& line);

  Watchdog watchdog_;  // outlives the rest: CAF's own end is watched, too
  const NodeRequest& request_;
  Inbox<NodeEvent> inbox_;
  SystemConfig config_;
  caf::actor_system system_;
  caf::actor endpoint_;
  Address start_;  // the starting process
  std::shared_ptr<Process> process_ = std::make_shared<Process>();
  std::optional<Entrance> entrance_;
  std::optional<Switchboard> switchboard_;
  std::optional<DataPlane> plane_;
  std::optional<Stage> stage_;
  std::shared_ptr<DataClient> data_;  // where the coordinator's process serves
  std::set<std::uint32_t> awaited_;   // processes that are to connect to this one
  std::set<std::uint32_t> visited_;   // those that did
  bool connected_ = false;
  bool begun_ = false;
  bool leaving_ = false;
  bool orphaned_ = false;
  bool holds_model_ = false;
  Clock::duration grace_{};  // without the coordinator's process
  std::optional<Clock::time_point> alone_until_;
  std::uint64_t exchanges_before_ = 0;
  std::ptrdiff_t residents_ = 0;  // workers of this process that have not retired
  Clock::time_point next_beat_{};
  std::optional<int> exit_;
  std::string last_line_;
  std::mutex news_mutex_;
  std::string last_sum_;  // of what was fetched, said at the end
};

int Node::serve() {
  start_ = address_of("--join", request_.join);
  open_door();
  const Switchboard::Reached reached =
      reach(start_, Errand::control, duration_of(request_.join_seconds));
  caf::anon_send(endpoint_, Adopt{coordinator, reached.actor});
  Join join;
  join.version = request_.version;
  join.cpu_level = static_cast<std::uint32_t>(best_cpu_level());
  join.slots = request_.slots;
  join.address = text_of(advertised(reached.own_host));
  join.ticket = ticket_of(std::getenv(ticket_variable));
  tell(coordinator, std::move(join));
  return live();
}

void Node::open_door() {
  entrance_.emplace(entrance_options(request_.listen, request_.credentials));
  switchboard_.emplace(system_, *entrance_);
  endpoint_ = spawn_endpoint(system_, [this](EndpointEvent event) {
    std::visit([this](auto& each) { inbox_.post(std::move(each)); }, event);
  });
  switchboard_->publish(Errand::control, endpoint_);
  plane_.emplace(*entrance_, ears_of(process_, [this](std::uint32_t peer, const std::string& why) {
    inbox_.post(LinkLost{peer, why});
  }));
  process_->data = &*plane_;
  process_->retired = [this] { inbox_.post(Retired{}); };
  process_->first_refused = [this](const std::string& line) {
    tell(coordinator, Told{"message_refused", line});
  };
  if (request_.leave) request_.leave->listen([this] { inbox_.post(AskedToLeave{}); });
}

// Where others reach this process: what it was told, where it listens, or, where that is
// everywhere, by what the starting process sees it.
Address Node::advertised(const std::string& own_host) const {
  Address address = entrance_->address();
  if (!request_.advertise.empty()) {
    const Address told = address_of("--advertise", request_.advertise);
    address = {told.host, told.port != 0 ? told.port : address.port};
  } else if (address.host == "0.0.0.0" || address.host == "::") {
    address.host = own_host;
  }
  return address;
}

// Nobody there yet, or a heartbeat's tick at the wrong moment: it is tried again for a while.
Switchboard::Reached Node::reach(const Address& address, Errand errand, Clock::duration time) {
  const auto deadline = Clock::now() + time;
  auto pause = first_pause;
  bool said = false;
  while (true) {
    try {
      return switchboard_->reach(address, errand, connect_time);
    } catch (const TurnedAway&) {
      throw;
    } catch (const UserError& error) {
      const double seconds = std::chrono::duration<double>(time).count();
      if (Clock::now() >= deadline)
        throw UserError(error.code(), fmt::format("{}; tried for {:g} s", error.what(), seconds));
      if (request_.leave && request_.leave->asked()) throw;
      if (request_.log && !std::exchange(said, true))
        request_.log(fmt::format("{}; trying for {:g} s", error.what(), seconds));
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, longest_pause);
  }
}

int Node::live() {
  while (!exit_) {
    beat();
    const Clock::time_point next = begun_ ? next_beat_ : Clock::now() + std::chrono::hours(1);
    auto event = inbox_.next(alone_until_ ? std::min(*alone_until_, next) : next);
    if (alone_until_ && Clock::now() >= *alone_until_) give_up();
    if (!event || exit_) continue;
    try {
      std::visit(Overload{[&](const Heard& heard) { hear(heard.peer, heard.sentence); },
                          [&](const LinkLost& lost) { hear(lost); }, [&](AskedToLeave) { go(); },
                          [&](Retired) { retire(); }},
                 *event);
    } catch (const UserError& error) {
      decline(static_cast<int>(error.code()), error.what());
    }
  }
  return leave(*exit_, last_line_);
}

// Where the model is elsewhere, workers and its holder can go on for a while: the one
// that coordinates may only be out of reach.
bool Node::carry_on() {
  if (leaving_ || !begun_ || grace_ <= Clock::duration::zero()) return false;
  if (alone_until_) return true;
  alone_until_ = Clock::now() + grace_;
  exchanges_before_ = process_->arrived;
  if (request_.log)
    request_.log(
        fmt::format("the coordinator's process is out of reach; going on for {:g} s "
                    "(cluster.coordinator_grace)",
                    std::chrono::duration<double>(grace_).count()));
  return true;
}

void Node::give_up() {
  orphaned_ = true;
  exit_ = static_cast<int>(ExitCode::cluster);
  last_line_ = fmt::format(
      "troupe node: the coordinator's process has been out of reach for {:g} s; "
      "{} messages of others came meanwhile",
      std::chrono::duration<double>(grace_).count(), process_->arrived - exchanges_before_);
}

void Node::hear(const LinkLost& lost) {
  if (lost.peer != coordinator || carry_on()) return;
  orphaned_ = begun_ && !leaving_;
  exit_ = static_cast<int>(leaving_ ? ExitCode::done : ExitCode::cluster);
  if (!leaving_) last_line_ = "troupe node: the coordinator's process is gone";
}

// Workers finish the step under way and hand back what they hold; the coordinator asks
// them to when it hears that we would like to go.
void Node::go() {
  if (holds_model_ && stage_) {
    if (request_.log) request_.log("holds the model, so it stays; stop the run, or ask once more");
    return;
  }
  if (std::exchange(leaving_, true)) return;
  if (!stage_) {
    exit_ = static_cast<int>(ExitCode::done);
    return;
  }
  if (request_.log) request_.log("leaving the run");
  // All have been told who lives here: before the start nobody could take it over.
  if (begun_) tell(coordinator, Leaving{});
}

// What the last of them said is on its way before the connections end.
void Node::retire() {
  if (--residents_ > 0 || !leaving_) return;
  const auto deadline = Clock::now() + grace;
  while (Clock::now() < deadline && !plane_->drained()) std::this_thread::sleep_for(first_pause);
  inbox_.next(Clock::now() + linger);
  if (request_.log) request_.log("has left the run");
  exit_ = static_cast<int>(ExitCode::done);
}

int Node::leave(int exit_code, const std::string& line) {
  if (!line.empty()) std::cerr << line + "\n" << std::flush;
  watchdog_.arm(exit_code, grace);
  if (data_) data_->close();
  stage_.reset();
  const std::lock_guard lock(news_mutex_);
  if (request_.log && !last_sum_.empty()) request_.log(last_sum_);
  return exit_code;
}

void Node::hear(PeerId peer, const Handshake& sentence) {
  if (peer != coordinator && !std::holds_alternative<Hello>(sentence)) return;
  std::visit(Overload{[&](const Welcome& welcome) { on(welcome); },
                      [&](const Placement& placement) { on(placement); },
                      [&](const Hello& hello) { on(peer, hello); },
                      [&](const Start&) {
                        if (!stage_) return;
                        begun_ = true;
                        stage_->begin();
                        if (leaving_) tell(coordinator, Leaving{});
                      },
                      [&](const Leave&) {
                        exit_ = static_cast<int>(ExitCode::done);
                        if (request_.log) request_.log("the run is over");
                      },
                      [&](const Moved& moved) { on(moved); },
                      [&](const Declined& declined) {
                        exit_ = declined.exit_code;
                        last_line_ = "troupe node: " + declined.line;
                      },
                      [](const auto&) {}},
             sentence);
}

void Node::on(const Welcome& welcome) {
  auto [plan, pace] = request_.assemble(welcome.settings_text, data_of(welcome));
  process_->plan = std::move(plan);
  process_->pace = std::move(pace);
  process_->run = welcome.run;
  process_->mine = welcome.process;
  process_->endpoint = endpoint_;
  if (request_.log)
    request_.log(fmt::format("joined {} as node {}", request_.join, welcome.process));
  plane_->admit({welcome.secret_first, welcome.secret_second}, process_->mine);
  Ready ready;
  ready.manifest_crc32c = process_->plan->data ? process_->plan->data->facts().manifest_crc32c : 0;
  ready.parameters = process_->plan->parameters;
  ready.actors = process_->plan->actors();
  tell(coordinator, ready);
}

NodeData Node::data_of(const Welcome& welcome) {
  NodeData data;
  data.news = [this](const DataReport& report) {
    tell(coordinator, Told{report.what, report.detail, report.sum});
    const std::string line = report.what + ": " + report.detail;
    const std::lock_guard lock(news_mutex_);
    if (report.sum)
      last_sum_ = line;
    else if (request_.log)
      request_.log(line);
  };
  if (!welcome.serves) return data;
  data.connect = [this](double patience_seconds) {
    data_ = std::make_shared<DataClient>(
        system_, DataClient::Peer{
                     .server = reach(start_, Errand::segments, connect_time).actor,
                     .name = "the coordinator at " + request_.join,
                     .patience = std::chrono::milliseconds(std::llround(patience_seconds * 1000))});
    return data_;
  };
  return data;
}

// Of two nodes with an edge between them the later one connects to the earlier.
void Node::on(const Placement& placement) {
  if (!process_->plan) return;
  use_cpu_level(static_cast<CpuLevel>(placement.cpu_level));
  process_->processes = placement.processes;
  residents_ = std::ranges::count(placement.processes, process_->mine);
  const std::uint32_t holder = server_of(*process_->plan, placement.processes);
  holds_model_ = holder == process_->mine;
  if (holder != coordinator) grace_ = duration_of(placement.grace_seconds);
  stage_.emplace(system_, process_, request_.make);
  caf::anon_send(endpoint_, Attach{process_});
  for (const std::uint32_t other :
       neighbours(*process_->plan, placement.processes, process_->mine)) {
    if (other > process_->mine) {
      awaited_.insert(other);
      continue;
    }
    const Address address =
        other == coordinator ? start_ : address_of("node's address", placement.addresses.at(other));
    plane_->connect(other, address, connect_time);
    if (other == coordinator) continue;
    caf::anon_send(endpoint_, Adopt{other, reach(address, Errand::control, connect_time).actor});
    tell(other, Hello{process_->run, process_->mine});
  }
  settle_in();
}

void Node::on(PeerId visitor, const Hello& hello) {
  if (hello.run != process_->run || visitor < first_visitor) return;
  caf::anon_send(endpoint_, Bind{visitor, hello.process});
  visited_.insert(hello.process);
  settle_in();
}

// Somebody new lives where another one did, whose process is not heard any more.
void Node::on(const Moved& moved) {
  if (moved.gone != 0) {
    plane_->drop(moved.gone);
    caf::anon_send(endpoint_, Drop{moved.gone});
  }
  for (const ActorId actor : moved.actors)
    if (actor < process_->processes.size()) process_->processes.move(actor, moved.process);
}

void Node::settle_in() {
  if (!stage_ || connected_) return;
  if (!std::ranges::includes(visited_, awaited_)) return;
  connected_ = true;
  tell(coordinator, Connected{});
}

// From this thread, which computes nothing: a long step is not a death.
void Node::beat() {
  const Clock::time_point now = Clock::now();
  if (!begun_ || now < next_beat_) return;
  next_beat_ = now + look_interval;
  process_->board.coarse_now = std::chrono::duration<double>(now - process_->start).count();
  for (Beat& part : parts_of(process_->board.collect(now))) tell(coordinator, std::move(part));
  process_->board.ask(now);
}

// Whose line it prints is the coordinator's business; it answers with Leave.
void Node::decline(int exit_code, const std::string& line) {
  tell(coordinator, Declined{line, exit_code});
}

}  // namespace

void check_addresses(const NodeRequest& request) {
  const Address start = address_of("--join", request.join);
  if (start.port == 0)
    throw UserError(
        ExitCode::usage,
        "--join " + request.join + ": expected HOST:PORT, where the coordinator's process listens");
  address_of("--listen", request.listen);
  if (!request.advertise.empty()) address_of("--advertise", request.advertise);
  if (!is_loopback(start) && !request.credentials)
    throw UserError(
        ExitCode::usage,
        "--join " + request.join +
            ": another machine is reached through TLS alone: give this host's "
            "certificate of 'troupe keys new', --ca FILE --certificate FILE --key FILE");
}

int run_node(const NodeRequest& request) {
  try {
    check_addresses(request);
    while (true) {
      Node node(request);
      const int code = node.serve();
      if (!node.orphaned() || !request.rejoin) return code;
    }
  } catch (const UserError& error) {
    std::cerr << std::string("troupe node: ") + error.what() + "\n" << std::flush;
    return static_cast<int>(error.code());
  }
}

}  // namespace troupe
