/// Brings the node processes of a run together, from their first word to the last
/// connection. It refuses whoever does not hold the same plan.
#pragma once

#include <caf/actor.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/user_error.hpp"
#include "runtime/cluster/children.hpp"
#include "runtime/cluster/cluster.hpp"
#include "runtime/cluster/data_plane.hpp"
#include "runtime/cluster/endpoint.hpp"
#include "runtime/cluster/inbox.hpp"
#include "runtime/cluster/layout.hpp"

namespace troupe {

struct Over {};
/// What the thread in Cluster::run hears.
using HostEvent = std::variant<Over, StopRequested, Heard, LinkLost>;

class Muster {
 public:
  struct Means {
    const ClusterRequest& request;
    const ProcessMap& processes;
    Children& children;
    Inbox<HostEvent>& inbox;
    caf::actor endpoint;
    Secret secret;
  };

  explicit Muster(Means means);

  /// Returns when every node is connected and waits for the start; the reason when a
  /// stop was asked for instead. Throws UserError (exit 4) when nodes do not come or do not fit.
  std::optional<StopRequested> gather();
  /// The level that all have; known after gather().
  std::uint32_t cpu_level() const { return cpu_level_; }
  /// What nodes had to say before there was a coordinator to hear it.
  std::vector<Heard> take_told() { return std::move(told_); }

 private:
  enum class Step { awaited, joined, ready, connected };
  struct Member {
    Step step = Step::awaited;
    std::string address;
  };

  bool wait_for(Step step);
  void check_children();
  void check_time(Step step) const;
  void hear(const Heard& heard);
  void on(PeerId peer, const Join& join);
  void on(PeerId peer, const Ready& ready);
  void admit(std::uint32_t process, PeerId visitor, const Join& join);
  void place();
  std::string why_not(std::uint32_t process, const Join& join) const;
  std::string why_not(const Ready& ready) const;
  std::optional<std::uint32_t> seat_for(const Join& join) const;
  void tell(PeerId peer, Handshake sentence);
  [[noreturn]] void decline(PeerId peer, const std::string& line);

  Means means_;
  std::vector<Member> members_;  // per process; the first is this one
  std::chrono::steady_clock::time_point deadline_;
  std::uint32_t cpu_level_;
  std::optional<StopRequested> stop_;
  std::vector<Heard> told_;
};

}  // namespace troupe
