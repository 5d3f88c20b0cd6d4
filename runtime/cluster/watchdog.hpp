/// Ends the process if an actor's long step does not let it end by itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace troupe {

class Watchdog {
 public:
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  void arm(int exit_code, std::chrono::milliseconds grace) {
    thread_ = std::thread([this, exit_code, grace] {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_for(lock, grace, [this] { return done_; })) std::_Exit(exit_code);
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace troupe
