/// The starting process of a run: it has the coordinator, brings nodes in and puts other
/// actors in the place of those that rest. One thread of its own decides, all others post.
#pragma once

#include <atomic>
#include <caf/actor_system.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runtime/cluster/cluster.hpp"
#include "runtime/cluster/lookout.hpp"
#include "runtime/cluster/muster.hpp"
#include "runtime/cluster/stage.hpp"
#include "runtime/cluster/switchboard.hpp"

namespace troupe {

class Cluster::Host {
 public:
  explicit Host(ClusterRequest request)
      : request_(std::move(request)), roster_(request_.nodes, request_.others) {}

  void run();
  void request_stop(const StopRequested& why) { inbox_.post(why); }
  void request_fence(const FenceRequested& request) { inbox_.post(request); }
  void abandon() noexcept { roster_.children().kill_all(); }

 private:
  class Departure;
  /// No place outlives the system that it was made in.
  struct Curtain {
    std::optional<Stage>& stage;
    ~Curtain() { stage.reset(); }
  };

  std::shared_ptr<Process> make_process(const std::shared_ptr<const Plan>& plan);
  std::uint32_t segments_served() const;
  void open_data_plane();
  void open_door(caf::actor_system& system);
  void run_alone();
  void run_with_nodes();
  void hear(const Heard& heard);
  void pass_on_news();
  void report_last_news();
  /// A line of the run's log that is nobody else's; from any thread.
  void note(const std::string& what, const std::string& who, const std::string& detail) const;
  void look_out();
  void play(caf::actor_system& system, const ActorMaker& make);
  void supervise(caf::actor_system& system);
  /// Puts other actors in the place of those that rest.
  void change(caf::actor_system& system, Handover left);
  void lose(std::uint32_t process, const std::string& why);
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
  std::shared_ptr<Process> process_;
  AtWork at_work_;
  std::optional<Stage> stage_;
  std::atomic<Clock::time_point> begun_;
};

}  // namespace troupe
