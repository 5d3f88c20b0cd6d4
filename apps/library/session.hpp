/// One recorded run, whatever drives it: run folder, signals, control address,
/// summary. It knows the ways to stop a run and none of how it works.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apps/library/command.hpp"
#include "apps/library/preparation.hpp"
#include "runtime/sink.hpp"
#include "runtime/watch/view.hpp"

namespace troupe {

/// A run that can be steered from other threads.
class Performance {
 public:
  virtual ~Performance() = default;
  /// Returns when the run has ended; reports went through the sink.
  virtual void run() = 0;
  virtual void request_stop(const StopRequested& why) = 0;
  virtual void request_fence(const FenceRequested& request) = 0;
  virtual void abandon() noexcept {}
};

/// Where a performance hands what it has to tell.
struct Outlet {
  ReportSink report;
  Watch watch;
  std::function<std::string()> state;  ///< as the control address tells it
};

struct SessionRequest {
  const Arguments& arguments;
  Invocation& invocation;
  const Prepared& prepared;
  std::string clock;  ///< "real" or "virtual"
  std::function<std::unique_ptr<Performance>(const Outlet&)> make;
};

/// Returns the exit code.
int hold_session(const SessionRequest& request);

/// --run-dir, --json, -q, -v, --dry-run.
std::vector<Argument> session_arguments();
/// What --dry-run prints: what would run.
std::string dry_run_text(const Prepared& prepared);

}  // namespace troupe
