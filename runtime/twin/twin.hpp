/// The twin: the same actors under a virtual clock. Arithmetic is real, time is
/// drawn; one seed gives one run, bit for bit.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "actors/actor.hpp"
#include "actors/plan.hpp"
#include "runtime/assemble.hpp"
#include "runtime/pace.hpp"
#include "runtime/scene.hpp"
#include "runtime/sink.hpp"
#include "runtime/twin/door.hpp"
#include "runtime/watch/view.hpp"

namespace troupe {

struct TwinRequest {
  std::shared_ptr<const Plan> plan;
  Pace pace;
  ReportSink report;
  /// Polled between events: what the coordinator is to hear from outside, one at a time.
  std::function<std::optional<Message>()> asked = {};
  /// The same while nothing happens any more because the run is paused: waits for a word.
  std::function<std::optional<Message>()> rests = {};
  NextScene next = {};  ///< none: the same actors go on
  /// Hears everything that is said, as it is said.
  std::function<void(ActorId from, ActorId to, const Message&)> overheard = {};
  Watch watch = {};
  double look_seconds = 0.25;  ///< of virtual time between two looks at the actors
  /// And so much real time: a day of virtual time takes a moment.
  std::chrono::milliseconds look_pause{100};
  /// The cast; somebody else's where a test plays with masks.
  std::function<std::unique_ptr<Actor>(const std::shared_ptr<const Plan>&, ActorId)> make =
      make_actor;
  std::shared_ptr<const Door> door = std::make_shared<Door>();
};

/// Runs to the end; the EndReport has gone through the sink by then.
void run_twin(const TwinRequest& request);

}  // namespace troupe
