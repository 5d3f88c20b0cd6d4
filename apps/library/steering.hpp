/// What can be done to a run from outside while it goes on: stop, pause, resume, swap. It
/// answers with one line, and refuses what the run is not in a state for.
#pragma once

#include <string>

#include "runtime/gateway/door.hpp"

namespace troupe {

class Performance;
class Recorder;
class Succession;

struct Steering {
  Recorder& recorder;
  Performance& performance;
  Succession& succession;

  /// `action` as in POST /api/v1/<action>; `body` is JSON, or empty.
  Reply act(const std::string& action, const std::string& body) const;

 private:
  Reply swap(const std::string& body) const;
  Reply hold(bool on) const;
};

}  // namespace troupe
