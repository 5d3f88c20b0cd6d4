/// What a host counts for one of its actors while it works: a few additions an event, no
/// clock, no lock. It says it when it is asked, and never by itself.
#pragma once

#include <array>
#include <vector>

#include "messages/condition.hpp"

namespace troupe {

class Gauge {
 public:
  void sent(ActorId to, const Message& message) {
    if (to >= traffic_.size()) traffic_.resize(to + 1);
    Counts& edge = traffic_[to];
    ++edge.messages;
    edge.bytes += message_bytes(message);
  }
  /// `what` as in Happening; `t`: when the host last looked at its clock.
  void heard(ActorId from, std::uint8_t what, double t) {
    last_[events_++ % last_.size()] = {t, from, what};
  }
  void computed(std::uint64_t rows) {
    ++steps_;
    rows_ += rows;
  }
  /// A message to `to` was so long on its way, or in a queue.
  void delayed(ActorId to, double seconds) {
    if (to < traffic_.size()) traffic_[to].delay = static_cast<float>(seconds);
  }

  /// Every count, and the events since the last time.
  void fill(Condition& condition);

  /// One message of so many is timed.
  static constexpr std::uint64_t timed_every = 64;
  bool times_next(ActorId to) const {
    return to >= traffic_.size() || traffic_[to].messages % timed_every == 0;
  }

 private:
  struct Counts {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    float delay = -1;
  };
  struct Past {
    double t = 0;
    ActorId other = 0;
    std::uint8_t what = 0;
  };

  std::uint64_t events_ = 0;
  std::uint64_t told_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t rows_ = 0;
  std::vector<Counts> traffic_;  ///< by whom it went to
  std::array<Past, 16> last_ = {};
};

}  // namespace troupe
