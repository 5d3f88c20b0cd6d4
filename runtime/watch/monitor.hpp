/// The monitor gathers what the hosts of a run say of their actors and makes a picture of
/// it. It hears beats as they come, newest kept, and asks nobody for anything.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/plan.hpp"
#include "runtime/watch/view.hpp"

namespace troupe {

class Monitor {
 public:
  explicit Monitor(std::shared_ptr<const Plan> plan);

  /// Actors live in that process now, which people know by this name.
  void settle(const std::vector<ActorId>& actors, std::uint32_t process, const std::string& host);
  void hear(std::uint32_t process, const Beat& beat, double now);
  void lose(std::uint32_t process, double now);

  View view(double now);
  /// Each actor's last events, oldest first.
  std::vector<Flown> flight() const;

  /// Without a beat for so long a process is silent.
  static constexpr double silent_after_seconds = 1.0;
  /// Nobody is blamed for a wait that is shorter; nor for one of a few usual steps.
  static constexpr double patience_seconds = 1.0;
  static constexpr double patience_steps = 4;

 private:
  struct Sample {
    double t = 0;
    std::uint64_t steps = 0;
    std::uint64_t rows = 0;
    std::vector<EdgeTraffic> traffic = {};
  };
  struct Seen {
    Condition condition = {};
    std::vector<double> since = {};  ///< of each wait of the condition
    std::uint32_t process = 0;
    bool lost = false;
    double progress_at = 0;         ///< when a step or event was last seen to have ended
    double usual_step_seconds = 0;  ///< 0: no step yet
    Sample older = {};
    Sample newer = {};
    std::deque<Happening> flight = {};
    const Busy* busy = nullptr;  ///< of the thread that it shares with somebody at work
  };
  struct Process {
    std::string host;
    double heard_at = 0;
    bool lost = false;
    std::vector<Busy> busy = {};
  };

  void take(Seen& seen, const Condition& condition, double now);
  ActorView standing(ActorId actor, const Seen& seen, double now) const;
  ActorState state(const Seen& seen, const ActorView& standing, double now) const;
  double patience() const;
  void add_traffic(View& view, double now) const;
  void add_staleness(View& view) const;

  std::shared_ptr<const Plan> plan_;
  std::vector<Seen> seen_;
  std::map<std::uint32_t, Process> processes_;
};

/// Who may talk to whom, and who they are, whatever they say: the drawing's edges and those
/// of the two who stand outside it.
struct RunGraph {
  struct Node {
    ActorId actor = 0;
    std::string name;
    std::string role;
  };
  std::vector<Node> nodes;
  std::vector<std::pair<ActorId, ActorId>> edges;
};
RunGraph graph_of(const Plan& plan);

}  // namespace troupe
