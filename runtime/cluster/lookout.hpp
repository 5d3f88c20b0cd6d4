/// What the starting process makes of the beats of all: its monitor's picture, for whoever
/// watches. Watchers elsewhere get the newest picture when they have seen the last one; one
/// that is slow costs a counter.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "runtime/cluster/endpoint.hpp"
#include "runtime/watch/monitor.hpp"

namespace troupe {

class Lookout {
 public:
  struct Means {
    std::shared_ptr<const Plan> plan;
    Watch watch;
    /// The run's state for those who watch from elsewhere; null: there is none to tell.
    std::function<std::string()> state;
    std::function<void(PeerId, Handshake)> tell;
    std::string version;  ///< of this program: of monitors, too
  };
  explicit Lookout(Means means) : means_(std::move(means)), monitor_(means_.plan) {}

  /// Other actors are there to be looked at; who watches stays.
  void play(std::shared_ptr<const Plan> plan) {
    means_.plan = plan;
    monitor_ = Monitor(std::move(plan));
  }
  void settle(const std::vector<ActorId>& actors, std::uint32_t process, const std::string& host) {
    monitor_.settle(actors, process, host);
  }
  /// Now and then: looks at this process, and tells.
  void tick(Process& process);
  void hear(std::uint32_t process, const Beat& beat);
  void lose(std::uint32_t process);
  /// A visitor would like to watch, or has seen what it was sent last.
  void admit(PeerId visitor, const WatchRun& word);
  void dismiss(PeerId visitor) { watchers_.erase(visitor); }
  /// The run is over.
  void end(Process& process);

 private:
  struct Watcher {
    bool ready = true;
    std::uint64_t dropped = 0;  ///< pictures that it was too slow for
  };
  void publish();

  Means means_;
  Monitor monitor_;
  std::map<PeerId, Watcher> watchers_;
  Clock::time_point next_{};
  Clock::time_point start_{};
  double now_ = 0;
  unsigned ticks_ = 0;
};

/// Hosts look at their actors so often.
inline constexpr auto look_interval = std::chrono::milliseconds(250);
/// At most so many watch from elsewhere.
inline constexpr std::size_t watchers_max = 16;

/// A beat in parts that each travel in one piece.
std::vector<Beat> parts_of(Beat beat);

}  // namespace troupe
