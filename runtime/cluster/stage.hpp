/// The places of one process: made, begun, ended. It asks nobody when to.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/cluster/cluster.hpp"
#include "runtime/cluster/place.hpp"
#include "runtime/cluster/process.hpp"

namespace troupe {

struct Heartbeat {
  double interval_seconds = 0.2;
  double lost_after_seconds = 1.0;
};

/// CAF's settings come from here alone: no file, no command line.
class SystemConfig : public caf::actor_system_config {
 public:
  /// Everything stays in this process.
  SystemConfig();
  /// With a network, and a peer is lost when it is silent for so long.
  explicit SystemConfig(const Heartbeat& heartbeat);
};

class Stage {
 public:
  /// Makes the actors; what their making throws comes out here. `process` has its
  /// plan, run and process map; the rest is filled in.
  Stage(caf::actor_system& system, std::shared_ptr<Process> process, const ActorMaker& make);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  /// Ends the places if nobody has.
  ~Stage();

  void begin();
  /// The host's own word to an actor of this process, outside every edge.
  void inject(ActorId to, Message message);
  /// Returns when no place runs any more.
  void end();
  /// Ends it and hands out those who stand outside the drawing and live on.
  std::vector<Tenant> vacate();

 private:
  caf::actor_system& system_;
  std::shared_ptr<Process> process_;
  std::vector<caf::actor> places_;
  std::vector<std::shared_ptr<std::vector<Tenant>>> tenants_;  ///< per place
  bool over_ = false;
};

/// Makes whoever is not among these anew.
ActorMaker maker_with(std::vector<Tenant> kept, const ActorMaker& make);

/// Data planes hand messages to the places of the process at work. It outlives them.
DataPlane::Ears ears_of(const AtWork& at_work,
                        std::function<void(std::uint32_t, const std::string&)> lost);

}  // namespace troupe
