/// `troupe twin`: the same run under a virtual clock, in this thread alone.
#include <condition_variable>
#include <deque>
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
  TwinPerformance(const Prepared& prepared, const Outlet& outlet)
      : request_{.plan = prepared.assembled.plan,
                 .pace = prepared.assembled.pace,
                 .report = outlet.report,
                 .asked = [this] { return asked(); },
                 .rests = [this] { return told(); },
                 .next = [succession = prepared.succession](
                             Handover left) { return succession->next(std::move(left)); },
                 .watch = outlet.watch} {}
  void run() override { run_twin(request_); }
  void request_stop(const StopRequested& why) override { tell(why); }
  void request_fence(const FenceRequested& request) override { tell(request); }

 private:
  void tell(Message word) {
    {
      const std::lock_guard lock(mutex_);
      words_.push_back(std::move(word));
    }
    came_.notify_one();
  }
  /// While nothing happens: the run is paused, for as long as somebody wants it to be.
  std::optional<Message> told() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [this] { return !words_.empty(); });
    return take();
  }
  std::optional<Message> asked() {
    const std::lock_guard lock(mutex_);
    return take();
  }
  std::optional<Message> take() {
    if (words_.empty()) return std::nullopt;
    Message word = std::move(words_.front());
    words_.pop_front();
    return word;
  }

  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Message> words_;
  TwinRequest request_;
};

int twin(const Arguments& arguments, Invocation& invocation) {
  const Prepared prepared = prepare(arguments, invocation.tables, Hosted::twin);
  if (arguments.has("--dry-run")) {
    RunFolder::check(arguments.text("--run-dir"));
    invocation.out << dry_run_text(prepared);
    return 0;
  }
  return hold_session(
      {arguments, invocation, prepared, "virtual", [&prepared](const Outlet& outlet) {
         return std::make_unique<TwinPerformance>(prepared, outlet);
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
