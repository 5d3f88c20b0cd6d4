/// What an actor is about, as its host saw it between two events: gauges, and whom it
/// waits for. It travels from hosts to monitors; actors never hear of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "messages/message.hpp"

namespace troupe {

/// Something that has to come from somebody before this actor goes on.
struct Wait {
  ActorId on = 0;
  std::string message = {};  ///< "push of step 12": for people
  std::uint64_t mark = 0;    ///< another one: this is a new wait, whatever it is called
  static constexpr auto fields() { return std::tuple{&Wait::on, &Wait::message, &Wait::mark}; }
  bool operator==(const Wait&) const = default;
};

/// Counts by staleness of what an actor sent; the last bin is "or more".
struct StalenessOf {
  ActorId actor = 0;
  std::vector<std::uint64_t> counts = {};
  static constexpr auto fields() { return std::tuple{&StalenessOf::actor, &StalenessOf::counts}; }
};

/// What went over one edge since the start.
struct EdgeTraffic {
  ActorId to = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;    ///< of numbers and names: headers apart
  double delay_seconds = -1;  ///< of a message lately; negative: nobody knows
  static constexpr auto fields() {
    return std::tuple{&EdgeTraffic::to, &EdgeTraffic::messages, &EdgeTraffic::bytes,
                      &EdgeTraffic::delay_seconds};
  }
};

/// One event of an actor's last ones.
struct Happening {
  std::uint64_t number = 0;  ///< the actor's own count, from 1
  double t = 0;              ///< coarse: of the host's last look before it
  std::uint8_t what = 0;     ///< a message's place in the variant; woken: see below
  ActorId other = 0;         ///< who sent it
  static constexpr std::uint8_t woken = 255;
  static constexpr auto fields() {
    return std::tuple{&Happening::number, &Happening::t, &Happening::what, &Happening::other};
  }
};

struct Condition {
  ActorId actor = 0;
  // The actor says:
  std::string phase = {};
  std::uint64_t steps = 0;
  std::int64_t credit = -1;  ///< what it may still send before somebody answers; negative: no limit
  std::vector<Wait> waits = {};
  std::vector<StalenessOf> staleness = {};
  // Its host says:
  std::uint64_t events = 0;
  std::uint64_t rows = 0;
  std::uint64_t queue = 0;
  bool left = false;  ///< takes no part any more
  std::vector<EdgeTraffic> traffic = {};
  std::vector<Happening> happenings = {};  ///< since the last look; the newest of them
  static constexpr auto fields() {
    return std::tuple{&Condition::actor,  &Condition::phase,   &Condition::steps,
                      &Condition::credit, &Condition::waits,   &Condition::staleness,
                      &Condition::events, &Condition::rows,    &Condition::queue,
                      &Condition::left,   &Condition::traffic, &Condition::happenings};
  }
};

/// A thread that has been at one event of one actor for so long; the others of that
/// thread wait for it.
struct Busy {
  ActorId actor = 0;
  double seconds = 0;
  std::vector<ActorId> others = {};
  static constexpr auto fields() { return std::tuple{&Busy::actor, &Busy::seconds, &Busy::others}; }
};

/// A process's sign of life, from a thread that computes nothing.
struct Beat {
  std::vector<Condition> conditions = {};  ///< of actors that were looked at since the last one
  std::vector<Busy> busy = {};
  static constexpr auto fields() { return std::tuple{&Beat::conditions, &Beat::busy}; }
};

/// Bytes of numbers and names that a message carries, headers apart.
std::size_t message_bytes(const Message& message);
/// "push", "parameters", "woken": what a Happening was.
const char* name_of_happening(std::uint8_t what);

}  // namespace troupe
