/// Where the places of a process leave what their residents are about, when they are
/// asked between two events. It never makes a place wait, and nobody waits for one.
#pragma once

#include <atomic>
#include <caf/actor.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "messages/condition.hpp"

namespace troupe {

class Board {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Before the place begins; returns its number.
  std::size_t add(std::vector<ActorId> residents);
  void settle(std::size_t place, const caf::actor& actor) { places_[place]->actor = actor; }

  /// Whose event a place is at: written by its thread, before each.
  std::atomic<ActorId>& at_work(std::size_t place) { return places_[place]->at_work; }
  /// From the place's thread.
  void post(std::size_t place, std::vector<Condition> conditions);

  /// From the thread that runs the process: asks places that have answered the last time.
  void ask(Time now);
  /// What came since the last time, and who has been at one event for too long to answer.
  Beat collect(Time now);
  /// Some have not answered yet.
  bool awaits();
  /// No place is asked any more.
  void close();

  /// Seconds since the run's start at the host's last look at its clock.
  std::atomic<double> coarse_now = 0;

 private:
  struct alignas(64) Place {
    std::atomic<ActorId> at_work = 0;
    std::vector<ActorId> residents;
    caf::actor actor;
    bool asked = false;
    Time asked_at{};
  };

  std::mutex mutex_;
  std::vector<std::unique_ptr<Place>> places_;
  std::vector<Condition> fresh_;
};

}  // namespace troupe
