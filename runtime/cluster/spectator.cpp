/// A monitor's life in a process of its own: reaches the starting process over CAF, and is
/// shown the run until it is over. It takes no part, and says nothing but that it has seen.
#include <caf/send.hpp>
#include <iostream>

#include "base/user_error.hpp"
#include "runtime/cluster/cluster.hpp"
#include "runtime/cluster/endpoint.hpp"
#include "runtime/cluster/greeting.hpp"
#include "runtime/cluster/inbox.hpp"
#include "runtime/cluster/stage.hpp"
#include "runtime/cluster/switchboard.hpp"

namespace troupe {
namespace {

constexpr PeerId watched = 0;
constexpr auto reach_time = std::chrono::seconds(10);
constexpr auto event_pause = std::chrono::milliseconds(200);
// A picture comes twice a second: this much without one is silence.
constexpr auto silent_after = std::chrono::milliseconds(1000);
// It goes on naming whom nobody hears any more.
constexpr double patience_seconds = 30;

}  // namespace

class Spectator::Seat {
 public:
  explicit Seat(const NodeRequest& request)
      : config_(Heartbeat{request.heartbeat_seconds, patience_seconds}), system_(config_) {
    entrance_.emplace(entrance_options(request.listen, request.credentials));
    switchboard_.emplace(system_, *entrance_);
    endpoint_ = spawn_endpoint(system_, [this](EndpointEvent event) { inbox_.post(event); });
    const auto start = parse_address(request.join);
    const Switchboard::Reached reached =
        switchboard_->reach(start.value_or(Address{}), Errand::control, reach_time);
    caf::anon_send(endpoint_, Adopt{watched, reached.actor});
    tell(WatchRun{.version = request.version});
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  ~Seat() {
    caf::anon_send(endpoint_, Quit{});
    endpoint_ = nullptr;
    switchboard_.reset();
  }

  Spectacle look() {
    const auto event = inbox_.next(Clock::now() + event_pause);
    if (event) std::visit([this](const auto& each) { on(each); }, *event);
    const auto quiet = Clock::now() - heard_;
    if (now_.over.empty() && quiet > silent_after && (!now_.state.empty() || quiet > reach_time))
      now_.silent_seconds = std::chrono::duration<double>(quiet).count();
    return now_;
  }

 private:
  void tell(Handshake sentence) { caf::anon_send(endpoint_, Tell{watched, std::move(sentence)}); }
  void on(const LinkLost& lost) {
    if (lost.peer == watched) now_.over = "the coordinator's process is gone";
  }
  void on(const Heard& heard) {
    heard_ = Clock::now();
    now_.silent_seconds = 0;
    if (const auto* seen = std::get_if<Seen>(&heard.sentence)) {
      now_.state = seen->state;
      now_.dropped = seen->dropped;
      tell(WatchRun{.version = {}, .seen = true});
    }
    if (const auto* declined = std::get_if<Declined>(&heard.sentence)) now_.over = declined->line;
    if (std::holds_alternative<Leave>(heard.sentence)) now_.over = "the run is over";
  }

  SystemConfig config_;
  caf::actor_system system_;
  std::optional<Entrance> entrance_;
  std::optional<Switchboard> switchboard_;
  caf::actor endpoint_;
  Inbox<EndpointEvent> inbox_;
  Clock::time_point heard_ = Clock::now();
  Spectacle now_;
};

Spectator::Spectator(const NodeRequest& request) : seat_(std::make_unique<Seat>(request)) {}
Spectator::~Spectator() = default;
Spectacle Spectator::look() { return seat_->look(); }

}  // namespace troupe
