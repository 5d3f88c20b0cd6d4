/// Plays what hosts do for actors when something goes wrong: processes that end and
/// come back, who is given up, and whose messages are let in. Each worker has a process
/// of its own here, unless they share a memory; all others share the one that starts the run.
#pragma once

#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "actors/plan.hpp"
#include "runtime/delivery.hpp"
#include "runtime/twin/door.hpp"
#include "runtime/twin/network.hpp"

namespace troupe {

class Hosts {
 public:
  /// Something that the stage is to do.
  struct Change {
    enum class Kind { strike, gone, lost, back };
    double t = 0;
    std::uint64_t order = 0;
    Kind kind = Kind::strike;
    std::size_t fault = 0;   ///< in Pace::faults
    std::uint32_t life = 0;  ///< whose it is
  };
  /// A message on its way.
  struct Stamp {
    double arrives = 0;
    std::uint64_t sequence = 0;
    std::uint32_t life = 0;  ///< of the receiver when it was sent
  };

  Hosts(std::shared_ptr<const Plan> plan, const Pace& pace, std::shared_ptr<const Door> door);

  /// The next change that is due by then, done as far as hosts are concerned; `strike` has
  /// no effect on actors.
  std::optional<Change> next(double by);
  ActorId actor_of(const Change& change) const;
  std::string detail_of(const Change& change) const;

  /// One stamp, or two of a message that is repeated; none when the sender's process ends
  /// between `began` and `now`.
  std::vector<Stamp> send(ActorId from, ActorId to, double began, double now, std::size_t bytes);
  bool admits(ActorId from, ActorId to, std::uint64_t sequence, std::uint32_t life);
  /// The life that an actor lives, which its wake-ups carry.
  std::uint32_t life(ActorId actor) const { return home(actor).life; }
  bool lives(ActorId actor, std::uint32_t life) const;
  bool runs(ActorId actor) const { return home(actor).runs; }
  /// When an actor that has something to do at `t` may begin.
  double free(ActorId actor, double t) const;
  double done(ActorId actor, double begin, double seconds) const;

 private:
  struct Host {
    std::uint32_t life = 0;
    double born = 0;
    bool runs = true;
    bool given_up = false;
    Delivery delivery;
  };

  std::size_t place(ActorId actor) const {
    return worker_of_[actor] && !plan_->sharing ? *worker_of_[actor] + 1 : 0;
  }
  const Host& home(ActorId actor) const { return hosts_[place(actor)]; }
  Host& home(ActorId actor) { return hosts_[place(actor)]; }
  void schedule(double t, Change::Kind kind, std::size_t fault, std::uint32_t life);
  void strike(const Change& change);
  bool perform(Change& change);
  bool comes_back() const { return !plan_->peers(); }
  double crash_after(std::uint32_t worker, double t) const;
  Network::Way way(ActorId from, ActorId to) const;
  std::optional<Network::End> end(ActorId actor) const;

  std::shared_ptr<const Plan> plan_;
  const Pace& pace_;
  std::shared_ptr<const Door> door_;
  Network network_;
  std::vector<std::optional<std::uint32_t>> worker_of_;  ///< by actor
  std::vector<Host> hosts_;                              ///< the first one starts the run
  std::uint32_t lives_ = 0;
  std::uint64_t caused_ = 0;
  struct Later {
    bool operator()(const Change& a, const Change& b) const {
      return a.t != b.t ? a.t > b.t : a.order > b.order;
    }
  };
  std::priority_queue<Change, std::vector<Change>, Later> changes_;
};

}  // namespace troupe
