/// A node: one process of a run that others started, from its joining to its leaving. Its
/// own thread computes nothing, so that it can answer at any moment.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "runtime/cluster/cluster.hpp"
#include "runtime/cluster/data_client.hpp"
#include "runtime/cluster/endpoint.hpp"
#include "runtime/cluster/inbox.hpp"
#include "runtime/cluster/stage.hpp"
#include "runtime/cluster/switchboard.hpp"
#include "runtime/cluster/watchdog.hpp"

namespace troupe {

/// Throws UserError (exit 2); `option` is where it was said.
Address address_of(const std::string& option, const std::string& text);

/// What a node's own thread hears besides: somebody asks it to leave, a worker of its is done.
struct AskedToLeave {};
struct Retired {};
using NodeEvent = std::variant<Heard, LinkLost, AskedToLeave, Retired>;

class ServingNode {
 public:
  static constexpr PeerId coordinator = 0;
  static constexpr auto connect_time = std::chrono::seconds(10);

  explicit ServingNode(const NodeRequest& request)
      : request_(request),
        config_(Heartbeat{request.heartbeat_seconds, request.lost_after_seconds}),
        system_(config_) {}
  ServingNode(const ServingNode&) = delete;
  ServingNode& operator=(const ServingNode&) = delete;
  ~ServingNode() {
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
  void on(const Redraw& redraw);
  void ready();
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
  AtWork at_work_;
  std::vector<float> numbers_;  // that other actors begin with, before these are there
  std::optional<Entrance> entrance_;
  std::optional<Switchboard> switchboard_;
  std::optional<DataPlane> plane_;
  std::optional<Stage> stage_;
  std::shared_ptr<DataClient> data_;  // where the coordinator's process serves
  std::set<std::uint32_t> awaited_;   // processes that are to connect to this one
  std::set<std::uint32_t> visited_;   // those that did
  std::set<std::uint32_t> dialled_;   // those that this one is connected to
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

}  // namespace troupe
