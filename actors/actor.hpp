/// An actor is a state machine: event in, effects out. It acts through its
/// Context alone; it starts no thread, reads no clock, never sleeps or throws.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>

#include "actors/report.hpp"
#include "actors/shared_memory.hpp"
#include "messages/condition.hpp"
#include "messages/message.hpp"

namespace troupe {

struct Plan;

/// All that an actor can do to the world. Nothing comes back but messages.
class Context {
 public:
  virtual ~Context() = default;
  virtual ActorId self() const = 0;
  virtual void send(ActorId to, Message message) = 0;
  /// Seconds since the run started, on the host's clock.
  virtual double now() const = 0;
  /// Calls woken(token) after so many seconds; 0 yields to whatever has arrived.
  virtual void wake(double seconds, std::uint64_t token) = 0;
  /// The event at hand took the work of so many rows: the twin's clock moves on,
  /// and a paced cluster pads the step.
  virtual void spend(std::uint64_t rows) = 0;
  /// The memory that all workers of the run have in common, where its topology has one.
  virtual SharedMemory& shared() { throw std::logic_error("nothing is shared in this run"); }
  /// Out of the actors' world: metrics, events, the end. Coordinator only.
  virtual void report(Report report) = 0;
  /// The actors of the drawing rest: others take their places and begin with this.
  /// Coordinator only; it hears of the new plan by enter(), and starts once more.
  virtual void redraw(Handover /*left*/) {}
  /// This actor takes no part any more; after the coordinator's, the host ends.
  virtual void finished() = 0;
};

class Actor {
 public:
  virtual ~Actor() = default;
  virtual void start(Context&) {}
  /// For those who stand outside the drawing: it is another one from now on.
  virtual void enter(std::shared_ptr<const Plan> /*plan*/) {}
  virtual void receive(Context& context, ActorId from, Message message) = 0;
  virtual void woken(Context&, std::uint64_t /*token*/) {}
  /// Between two events: what it is about and whom it waits for, for people to see.
  virtual void describe(Condition&) const {}
};

/// Calls actor.on(context, from, sentence) for the sentences that it understands;
/// every other one goes unheard.
template <class Self>
void dispatch(Self& self, Context& context, ActorId from, Message& message) {
  std::visit(
      [&](auto& sentence) {
        if constexpr (requires { self.on(context, from, std::move(sentence)); })
          self.on(context, from, std::move(sentence));
      },
      message);
}

}  // namespace troupe
