/// Gives CAF the connections that an entrance has let in or dialled. CAF itself never
/// listens, never connects, and sees no byte of anybody who was not let in.
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <memory>
#include <string>

#include "runtime/cluster/entrance.hpp"

namespace troupe {

class Switchboard {
 public:
  /// Both outlive it.
  Switchboard(caf::actor_system& system, Entrance& entrance)
      : system_(system), entrance_(entrance) {}
  Switchboard(const Switchboard&) = delete;
  Switchboard& operator=(const Switchboard&) = delete;
  ~Switchboard();

  /// Who comes to the entrance for this errand gets to know this actor.
  void publish(Errand errand, const caf::actor& actor);

  struct Reached {
    caf::actor actor;
    std::string own_host;  ///< by which the other side sees this process
  };
  /// What another process has published. Throws UserError (exit 4) with the reason.
  Reached reach(const Address& to, Errand errand, Entrance::Duration time);

 private:
  caf::actor_system& system_;
  Entrance& entrance_;
};

}  // namespace troupe
