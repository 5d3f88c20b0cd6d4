#include "apps/library/signals.hpp"

#include <pthread.h>

#include <cerrno>
#include <chrono>

namespace troupe {
namespace {

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2}) sigaddset(&set, signal);
  return set;
}

}  // namespace

// SIGUSR2 wakes the watch to look whether it is over; from outside it does nothing.
Signals::Signals(SignalPlan plan) : plan_(std::move(plan)), watched_(watched_signals()) {
  block_signals();
  thread_ = std::thread([this] { watch(); });
}

Signals::~Signals() {
  over_ = true;
  pthread_kill(thread_.native_handle(), SIGUSR2);
  thread_.join();
  unblock_signals();
}

void Signals::watch() {
  using Clock = std::chrono::steady_clock;
  int first = 0;
  Clock::time_point deadline;
  for (;;) {
    timespec wait{3600, 0};
    if (first != 0) {
      const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - Clock::now()).count();
      wait.tv_sec = left > 0 ? left : 0;
    }
    const int signal = sigtimedwait(&watched_, nullptr, &wait);
    if (over_) return;
    if (signal == SIGUSR1) plan_.checkpoint();
    if (signal == SIGINT || signal == SIGTERM) {
      if (first != 0) return plan_.leave(signal);
      first = signal;
      deadline = Clock::now() + std::chrono::seconds(plan_.patience_seconds);
      plan_.stop(signal);
    }
    if (first != 0 && Clock::now() >= deadline) return plan_.leave(first);
  }
}

void block_signals() {
  const sigset_t set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void unblock_signals() {
  const sigset_t set = watched_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::string signal_name(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : std::to_string(signal);
}

}  // namespace troupe
