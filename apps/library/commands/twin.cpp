/// `troupe twin`: the same run under a virtual clock, in this thread alone.
#include <mutex>
#include <optional>
#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/run_folder.hpp"
#include "apps/library/session.hpp"
#include "runtime/twin/twin.hpp"

namespace troupe {
namespace {

class TwinPerformance : public Performance {
 public:
  TwinPerformance(const Assembled& assembled, const Outlet& outlet)
      : request_{.plan = assembled.plan,
                 .pace = assembled.pace,
                 .report = outlet.report,
                 .interrupted = [this] { return asked(); },
                 .watch = outlet.watch} {}
  void run() override { run_twin(request_); }
  void request_stop(const StopRequested& why) override {
    const std::lock_guard lock(mutex_);
    if (!why_) why_ = why;
  }

 private:
  std::optional<StopRequested> asked() {
    const std::lock_guard lock(mutex_);
    return why_;
  }

  std::mutex mutex_;
  std::optional<StopRequested> why_;
  TwinRequest request_;
};

int twin(const Arguments& arguments, Invocation& invocation) {
  const Prepared prepared = prepare(arguments, invocation.tables);
  if (arguments.has("--dry-run")) {
    RunFolder::check(arguments.text("--run-dir"));
    invocation.out << dry_run_text(prepared);
    return 0;
  }
  return hold_session(
      {arguments, invocation, prepared, "virtual", [&prepared](const Outlet& outlet) {
         return std::make_unique<TwinPerformance>(prepared.assembled, outlet);
       }});
}

}  // namespace

Command twin_command() {
  Command command{.name = "twin",
                  .sentence = "the same run under a virtual clock: loss against drawn time",
                  .arguments = config_arguments(),
                  .later = {"--resume", "--record"},
                  .act = twin};
  for (Argument& argument : session_arguments()) command.arguments.push_back(std::move(argument));
  return command;
}

}  // namespace troupe
