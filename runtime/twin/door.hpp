/// Who is let in: what a host does with an envelope before its actor sees it. It never
/// looks at the message.
#pragma once

#include "runtime/delivery.hpp"

namespace troupe {

class Door {
 public:
  virtual ~Door() = default;
  /// `given_up`: the sender's process is lost to this run, whatever it still says.
  virtual bool admits(Delivery& delivery, const Envelope& envelope, bool given_up) const {
    return !given_up && delivery.judge(envelope) == Freshness::fresh;
  }
};

}  // namespace troupe
