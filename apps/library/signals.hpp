/// SIGINT, SIGTERM and SIGUSR1 as calls on a thread of their own, so that no
/// handler runs in the middle of anything. It decides nothing but the second time.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

namespace troupe {

struct SignalPlan {
  std::function<void(int signal)> stop;   ///< the first INT or TERM
  std::function<void(int signal)> leave;  ///< the second, or `patience_seconds` later
  std::function<void()> checkpoint;       ///< USR1
  long patience_seconds = 30;
};

class Signals {
 public:
  /// Call block_signals() before any thread starts; then make this at any time.
  explicit Signals(SignalPlan plan);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void watch();

  SignalPlan plan_;
  sigset_t watched_{};
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

/// Threads inherit it; the first one calls it before it starts others.
void block_signals();
/// Children of a process with Signals inherit its blocked signals over exec; every
/// command begins with this.
void unblock_signals();

/// "SIGINT"
std::string signal_name(int signal);

}  // namespace troupe
