/// Asks a node to leave its run, from any thread and at any time. What that takes is the
/// node's business.
#pragma once

#include <functional>
#include <mutex>

namespace troupe {

class LeaveRequest {
 public:
  void ask() {
    const std::lock_guard lock(mutex_);
    asked_ = true;
    if (tell_) tell_();
  }
  bool asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  /// Called when somebody asks, or has asked already; none: nobody listens any more.
  void listen(std::function<void()> tell) {
    const std::lock_guard lock(mutex_);
    tell_ = std::move(tell);
    if (asked_ && tell_) tell_();
  }

 private:
  mutable std::mutex mutex_;
  bool asked_ = false;
  std::function<void()> tell_;
};

}  // namespace troupe
