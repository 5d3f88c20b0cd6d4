#include "apps/library/session.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>

#include "apps/library/recorder.hpp"
#include "apps/library/report_page.hpp"
#include "apps/library/signals.hpp"
#include "apps/library/steering.hpp"
#include "base/cpu_level.hpp"
#include "runtime/gateway/gateway.hpp"
#include "web/page.hpp"

namespace troupe {
namespace {

Loudness loudness_of(const Arguments& arguments) {
  if (arguments.has("--quiet") && arguments.has("--verbose"))
    arguments.refuse("-q and -v exclude each other");
  if (arguments.has("--quiet")) return Loudness::quiet;
  return arguments.has("--verbose") ? Loudness::verbose : Loudness::plain;
}

RunFolder folder_of(const SessionRequest& request) {
  const Prepared& prepared = request.prepared;
  // The model, the best one, and one of them being written beside.
  const std::uint64_t bytes = prepared.assembled.plan->parameters * sizeof(float) * 3 + (1U << 20U);
  RunFolder folder = RunFolder::create(request.arguments.text("--run-dir"),
                                       prepared.config().settings().text("name"), bytes);
  folder.write("config.toml", prepared.text);
  folder.write("config.resolved.toml", resolved_text(prepared.schema, prepared.config(), false));
  return folder;
}

RunCard card_of(const SessionRequest& request, const RunFolder& folder) {
  RunCard card = run_card_here();
  card.run = std::filesystem::path(folder.path()).lexically_normal().filename().string();
  card.argv = request.invocation.argv;
  card.seed = request.prepared.assembled.plan->seed;
  card.clock = request.clock;
  card.kernels = to_text(cpu_level());
  return card;
}

Recording recording_of(const SessionRequest& request, const RunFolder& folder) {
  return {.folder = folder,
          .config = request.prepared.config(),
          .plan = request.prepared.assembled.plan,
          .card = card_of(request, folder),
          .out = request.invocation.out,
          .err = request.invocation.err,
          .loudness = loudness_of(request.arguments),
          .json = request.arguments.has("--json"),
          .terminal = request.invocation.terminal,
          .paced = request.clock != "virtual" && !request.prepared.assembled.pace.real};
}

/// Gives followers what the monitor sees, now and then.
class Broadcast {
 public:
  explicit Broadcast(const Recorder& recorder, double interval_seconds)
      : recorder_(recorder), interval_(interval_seconds) {}
  /// Before the run starts.
  void open(Gateway& gateway) { gateway_ = &gateway; }
  void look() {
    const Clock::time_point now = Clock::now();
    const bool young = now - begun_ < std::chrono::seconds(10);
    const double seconds = young ? std::min(interval_, 0.5) : interval_;
    // A look comes four times a second: half of one early is on time.
    if (now - told_ < std::chrono::duration<double>(seconds) - std::chrono::milliseconds(100))
      return;
    told_ = now;
    tell();
  }
  std::uint64_t dropped() const { return gateway_ == nullptr ? 0 : gateway_->dropped_followers(); }
  void tell() {
    if (gateway_ != nullptr && gateway_->has_followers()) gateway_->tell_state(recorder_.state());
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Recorder& recorder_;
  double interval_;
  Gateway* gateway_ = nullptr;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point told_{};
};

/// Of those who act now.
std::string config_text(const Prepared& prepared) {
  const Config config = prepared.succession->config();
  const auto choices = swappable_choices(prepared.schema);
  return config_json(resolved_text(prepared.schema, config, false), config,
                     {choices.begin(), choices.end()});
}

GatewayService service_of(Recorder& recorder, const Steering& steering, Broadcast& broadcast,
                          const Prepared& prepared, const std::string& token) {
  return {.token = token,
          .ready = [&recorder] { return recorder.ready(); },
          .page = [] { return std::string(page_html()); },
          .state = [&recorder] { return recorder.state(); },
          .graph = [&recorder] { return recorder.graph(); },
          .config = [&prepared] { return config_text(prepared); },
          .metrics = [&recorder, &broadcast] { return recorder.metrics(broadcast.dropped()); },
          .story = [&recorder] { return recorder.story(); },
          .act = [steering](const std::string& action,
                            const std::string& body) { return steering.act(action, body); }};
}

Outlet outlet_of(Recorder& recorder, Broadcast& broadcast) {
  return {
      .report = [&recorder](const Report& report) { recorder.take(report); },
      .watch = {.view =
                    [&recorder, &broadcast](View view) {
                      recorder.see(std::move(view));
                      broadcast.look();
                    },
                .flight = [&recorder](const std::vector<Flown>& flight) { recorder.see(flight); }},
      .state = [&recorder] { return recorder.state(); }};
}

SignalPlan signal_plan(Recorder& recorder, Performance& performance) {
  return {.stop =
              [&recorder, &performance](int signal) {
                recorder.stopping(signal_name(signal) + "; once more leaves at once");
                performance.request_stop({signal_name(signal), 128 + signal});
              },
          .leave =
              [&performance](int signal) {
                // No lock and no stream: whatever hangs may hold them.
                performance.abandon();
                constexpr char text[] = "\nleft at once; the model was not written\n";
                if (::write(STDERR_FILENO, text, sizeof text - 1) < 0) ::_exit(128 + signal);
                ::_exit(128 + signal);
              },
          .checkpoint =
              [&recorder] {
                recorder.note("checkpoint_refused why=\"checkpoints come with a later version\"");
              }};
}

void greet(Recorder& recorder, const SessionRequest& request, const std::string& folder,
           const std::string& page) {
  for (const std::string& note : request.prepared.assembled.notes)
    recorder.note("note text=" + log_value(note));
  if (request.arguments.has("--quiet")) return;
  recorder.say("run folder  " + folder);
  recorder.say("live page   " + page);
  recorder.say("control     troupe status " + folder + ", troupe stop " + folder);
  for (const std::string& note : request.prepared.assembled.notes) recorder.say("note: " + note);
}

void write_report(Recorder& recorder, const SessionRequest& request, const RunFolder& folder) {
  const bool real = request.prepared.assembled.pace.real;
  try {
    folder.write("report.html", report_page({.story = recorder.story(),
                                             .state = recorder.state(),
                                             .config = config_text(request.prepared),
                                             .proof = request.clock == "virtual" ? "twin"
                                                      : real                     ? "real"
                                                                                 : "paced"}));
  } catch (const UserError& error) {
    recorder.say(error.what());
  }
}

void perform(Recorder& recorder, Performance& performance) {
  try {
    performance.run();
  } catch (const UserError& error) {
    recorder.failed(static_cast<int>(error.code()), error.what());
  } catch (const std::exception& error) {
    recorder.failed(static_cast<int>(ExitCode::failed), error.what());
  }
}

void take_leave(const Recorder& recorder, const SessionRequest& request, const RunFolder& folder) {
  const EndReport& end = recorder.end();
  if (went_wrong(end))
    request.invocation.err << (end.reason.starts_with(end.status) ? "" : end.status + ": ")
                           << end.reason << std::endl;
  if (request.arguments.has("--json")) return;
  const Plan& plan = *request.prepared.assembled.plan;
  const std::string& data = (plan.test ? plan.test : plan.data)->facts().path;
  request.invocation.out << summary(end, request.clock, {folder.path(), data}) << std::flush;
}

}  // namespace

int hold_session(const SessionRequest& request) {
  loudness_of(request.arguments);
  // Who reads us may go away; the run goes on.
  std::signal(SIGPIPE, SIG_IGN);
  block_signals();
  const RunFolder folder = folder_of(request);
  Recorder recorder(recording_of(request, folder));
  Broadcast broadcast(recorder, request.prepared.assembled.plan->report_seconds);
  const auto performance = request.make(outlet_of(recorder, broadcast));
  const std::string token = random_token();
  Succession& succession = *request.prepared.succession;
  succession.listen(
      [&](std::uint32_t graph_epoch, const Config& config, std::shared_ptr<const Plan> plan) {
        try {
          folder.write("config.resolved." + std::to_string(graph_epoch) + ".toml",
                       resolved_text(request.prepared.schema, config, false));
        } catch (const UserError& error) {
          recorder.say(error.what());  // the run goes on without it
        }
        recorder.enter(graph_epoch, config, std::move(plan));
      });
  Gateway gateway(service_of(recorder, {recorder, *performance, succession}, broadcast,
                             request.prepared, token));
  broadcast.open(gateway);
  recorder.follow([&gateway](StoryLine line) { gateway.tell(std::move(line)); });
  const Signals signals(signal_plan(recorder, *performance));
  recorder.begin(gateway.address(), token);
  greet(recorder, request, folder.path(), "http://" + gateway.address() + "/?token=" + token);
  perform(recorder, *performance);
  const int code = recorder.finish();
  broadcast.tell();
  gateway.drain(std::chrono::milliseconds(500));
  recorder.follow({});
  write_report(recorder, request, folder);
  take_leave(recorder, request, folder);
  return code;
}

std::vector<Argument> session_arguments() {
  return {
      {.name = "--run-dir",
       .value = "DIR",
       .sentence =
           "where to write; must not exist or be empty (default: runs/<date>_<time>_<name>)"},
      {.name = "--dry-run", .sentence = "checks everything, prints what would run, starts nothing"},
      {.name = "--json", .sentence = "the lines of metrics.jsonl on standard output"},
      {.name = "-q,--quiet", .sentence = "nothing but warnings and errors on standard error"},
      {.name = "-v,--verbose", .sentence = "evaluations and events on standard error"}};
}

std::string dry_run_text(const Prepared& prepared) {
  const Plan& plan = *prepared.assembled.plan;
  const Settings& settings = prepared.config().settings();
  std::string text =
      "would run: " + settings.text("name") + ", seed " + std::to_string(plan.seed) + "\n";
  text += "model       " + settings.text("model.kind") + ", " + std::to_string(plan.parameters) +
          " parameters\n";
  text += "data        " + plan.data->facts().path + ": " + count_text(plan.training.size()) +
          " rows train, " + count_text(plan.validation.size()) + " validate\n";
  text += "actors      " + std::to_string(plan.workers) + " workers, " +
          std::to_string(plan.partitions) + " partitions, batch " + std::to_string(plan.batch) +
          "\n";
  for (const char* axis : {"topology", "exchange", "gate", "update", "merge", "codec"})
    text += std::string(axis) + std::string(12 - std::string(axis).size(), ' ') +
            settings.text(std::string("training.") + axis) + "\n";
  for (const std::string& note : prepared.assembled.notes) text += "note: " + note + "\n";
  return text;
}

}  // namespace troupe
