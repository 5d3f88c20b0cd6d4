/// A run is one drawing's actors after another's: what a host needs to put the next ones in
/// the place of those that rest. It does not say why they come.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/plan.hpp"
#include "actors/report.hpp"

namespace troupe {

struct Scene {
  std::shared_ptr<const Plan> plan;  ///< with its opening
  std::string settings_text = {};    ///< for nodes; empty: as before
  std::string what = {};             ///< the event that it is, for the run's log
  std::string detail = {};
  std::vector<std::pair<std::string, std::string>> facts = {};
};

/// Called by a host between two scenes, from its own thread. It does not throw.
using NextScene = std::function<Scene(Handover)>;

/// The same actors once more.
inline Scene again(const Plan& plan, Handover left) {
  const auto next = std::make_shared<Plan>(plan);
  next->opening = std::make_shared<const Handover>(std::move(left));
  return {.plan = next};
}

inline EventReport event_of(const Scene& scene, double now) {
  return {.t = now,
          .what = scene.what,
          .who = "coordinator",
          .detail = scene.detail,
          .facts = scene.facts};
}

}  // namespace troupe
