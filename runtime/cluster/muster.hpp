/// Brings the node processes of a run together, from their first word to the last
/// connection. It refuses whoever does not hold the same plan.
#pragma once

#include <caf/actor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/user_error.hpp"
#include "runtime/cluster/cluster.hpp"
#include "runtime/cluster/data_plane.hpp"
#include "runtime/cluster/endpoint.hpp"
#include "runtime/cluster/inbox.hpp"
#include "runtime/cluster/layout.hpp"
#include "runtime/cluster/roster.hpp"

namespace troupe {

struct Over {};
/// What the thread in Cluster::run hears.
using HostEvent = std::variant<Over, StopRequested, FenceRequested, Handover, Heard, LinkLost>;

class Muster {
 public:
  struct Means {
    const ClusterRequest& request;
    Roster& roster;
    Inbox<HostEvent>& inbox;
    caf::actor endpoint;
    Secret secret;
    /// For the run's log.
    std::function<void(const std::string& what, const std::string& who, const std::string& detail)>
        note;
  };

  explicit Muster(Means means);

  /// Returns when every node is connected and waits for the start; the reason when a
  /// stop was asked for instead. Throws UserError (exit 4) when nodes do not come or do not fit.
  std::optional<StopRequested> gather();
  struct Arrival {
    std::uint32_t process = 0;
    std::vector<ActorId> workers;
  };
  /// While the run goes on: somebody who has just taken vacant workers, if that is it.
  std::optional<Arrival> late(const Heard& heard);
  /// Workers that nobody has taken, or whose process is gone.
  std::vector<ActorId> vacant() const;
  std::vector<ActorId> workers_of(std::uint32_t process) const;
  /// Other actors, with the numbers that they begin with.
  struct Order {
    std::shared_ptr<const Plan> plan;
    std::uint32_t graph_epoch = 0;
    std::string settings_text = {};
  };
  /// Returns when every node waits for the start of these; with those that are lost on the
  /// way, which are not waited for.
  std::vector<LinkLost> redraw(const Order& order);
  /// A process is not heard any more.
  void tell_gone(std::uint32_t process);
  /// Who lives where, and the level that all have; known after gather().
  const ProcessMap& processes() const { return processes_; }
  std::uint32_t cpu_level() const { return cpu_level_; }
  /// What nodes had to say before there was a coordinator to hear it.
  std::vector<Heard> take_told() { return std::move(told_); }

 private:
  enum class Step { awaited, joined, ready, connected };
  struct Member {
    Step step = Step::awaited;
    std::string address;
    std::uint32_t cpu_level = 0;
    std::uint32_t slots = 0;
  };

  void send_opening(std::uint32_t process, const Order& order);
  std::vector<LinkLost> wait_again(Step step);
  /// A word of one that is to agree to other actors; false when it is about something else.
  bool agree(const Heard& heard, std::vector<LinkLost>& lost);
  bool wait_for(Step step);
  void check_children();
  std::string missing(Step step) const;
  void check_time(Step step) const;
  void say_who_is_missing(Step step);
  void hear(const Heard& heard);
  void hear(const LinkLost& lost);
  void on(PeerId peer, const Join& join);
  void on(PeerId peer, const Ready& ready);
  void on(PeerId peer, const Declined& declined);
  void admit(std::uint32_t process, PeerId visitor, const Join& join);
  void place();
  void take_in(PeerId visitor, const Join& join);
  std::string why_not_now(const Join& join) const;
  void abandon(std::uint32_t process, const std::string& reason);
  void send_placement(std::uint32_t process);
  void tell_servers(const Moved& moved);
  std::string why_not(const Join& join) const;
  std::string why_not(const Ready& ready) const;
  std::optional<std::uint32_t> seat_for(const Join& join) const;
  void tell(PeerId peer, Handshake sentence);
  void vacate(std::uint32_t process, const std::string& reason);

  Means means_;
  std::vector<Member> members_;  // per process; the first is this one
  ProcessMap processes_;
  Order playing_;
  bool placed_ = false;
  Clock::time_point deadline_;
  Clock::time_point next_word_;
  std::uint32_t cpu_level_;
  std::optional<StopRequested> stop_;
  std::vector<Heard> told_;
};

/// What these actors began with, without its numbers.
Handover opening_of(const Plan& plan);

}  // namespace troupe
