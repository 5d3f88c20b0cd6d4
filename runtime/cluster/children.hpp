/// Node processes of this machine: started, watched, killed. It knows nothing of
/// what they do, and leaves none behind.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/cluster/handshake.hpp"

namespace troupe {

/// They are numbered from 1, as processes are; 0 is the one that starts them.
class Children {
 public:
  explicit Children(std::uint32_t count) : slots_(count) {}
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  /// Kills and reaps those that still run.
  ~Children();

  /// Starts them all, each in a process group of its own, to die with the calling
  /// thread, with `input` on its standard input. Throws UserError (exit 4) when the
  /// system gives no more processes.
  void start(const std::vector<std::string>& command, const std::string& input = {});

  std::uint32_t count() const { return static_cast<std::uint32_t>(slots_.size()); }
  /// The number on a ticket that one of them was given; none for any other.
  std::optional<std::uint32_t> number_of(const Ticket& ticket) const;
  /// True when it has ended; reaps it.
  bool ended(std::uint32_t number);
  /// Waits for one, or for all of them; false when time was over first.
  bool wait(std::uint32_t number, std::chrono::steady_clock::time_point until);
  bool wait_all(std::chrono::steady_clock::time_point until);
  void kill(std::uint32_t number) noexcept;
  /// Async-signal-safe, from any thread.
  void kill_all() noexcept;

  /// "node 2 (pid 123)" and what became of it: "killed by signal 9".
  std::string name(std::uint32_t number) const;
  std::string fate(std::uint32_t number) const;

 private:
  struct Slot {
    std::atomic<pid_t> running{0};  // 0: not started, or reaped
    pid_t pid = 0;
    int status = 0;
  };
  Slot& slot(std::uint32_t number) { return slots_[number - 1]; }
  const Slot& slot(std::uint32_t number) const { return slots_[number - 1]; }

  std::vector<Slot> slots_;
  std::uint64_t proof_ = 0;  // on every child's ticket
};

}  // namespace troupe
