/// A run as a monitor sees it at one moment: who is about what, who waits for whom, and who
/// is to blame. Plain values; nothing in here watches by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "messages/condition.hpp"

namespace troupe {

enum class ActorState { computing, waiting, idle, straggling, silent, lost, done };

const char* to_text(ActorState state);

struct WaitingFor {
  ActorId actor = 0;
  std::string message = {};
  double seconds = 0;
};

/// Where one actor stands.
struct ActorView {
  ActorId actor = 0;
  std::string name = {};
  std::string role = {};
  std::string host = {};
  ActorState state = ActorState::idle;
  std::string phase = {};
  std::uint64_t steps = 0;
  std::uint64_t rows = 0;  ///< computed since the start
  double steps_per_second = 0;
  double samples_per_second = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t queue = 0;
  std::int64_t credit = -1;  ///< negative: it has no limit
  std::vector<std::uint64_t> staleness = {};
  double last_sign_seconds = 0;        ///< since its process was heard
  std::vector<WaitingFor> waits = {};  ///< the longest first
};

struct EdgeRate {
  ActorId from = 0;
  ActorId to = 0;
  double messages_per_second = 0;
  double bytes_per_second = 0;
  double delay_seconds = -1;  ///< negative: nobody knows
};

/// Somebody whom others wait for, and who waits for nobody.
struct Culprit {
  ActorId actor = 0;
  std::string name = {};
  std::string host = {};
  ActorState what = ActorState::straggling;
  std::string message = {};  ///< that has not come; empty: nobody asked for one
  double seconds = 0;
  std::vector<ActorId> waiting = {};
};

struct View {
  double t = 0;
  std::vector<ActorView> actors = {};
  std::vector<EdgeRate> edges = {};
  std::vector<Culprit> culprits = {};
};

/// One line of the flight record.
struct Flown {
  ActorId actor = 0;
  std::string name = {};
  Happening happening = {};
  std::string other = {};
};

/// Where a host hands what its monitor sees. Called from one thread at a time.
struct Watch {
  std::function<void(View)> view = {};
  /// Once, when the run is over: each actor's last events.
  std::function<void(std::vector<Flown>)> flight = {};
};

}  // namespace troupe
