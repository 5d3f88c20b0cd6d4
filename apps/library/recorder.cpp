#include "apps/library/recorder.hpp"

#include <fmt/core.h>

#include <ostream>

#include "apps/library/flight.hpp"
#include "apps/library/prometheus.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

Goal goal_of(const Plan& plan) {
  return {plan.draws_planned(), plan.stop.epochs, plan.stop.seconds};
}

std::string log_line(const EventReport& report) {
  std::string line = report.what;
  if (!report.who.empty()) line += " who=" + log_value(report.who);
  if (!report.detail.empty()) line += " detail=" + log_value(report.detail);
  return line + fmt::format(" t={:.3f}", report.t);
}

/// The phase that a run is in after an event; none: as before.
std::optional<std::string> phase_after(const EventReport& event) {
  if (event.what == "fence" && event.detail.starts_with("swap")) return "swapping";
  if (event.what == "paused") return "paused";
  if (event.what == "swap" || event.what == "swap_refused" || event.what == "resumed")
    return "training";
  return std::nullopt;
}

std::string log_line(const EndReport& report) {
  return fmt::format("end status={} reason={} exit={} epochs={} updates={} t={:.3f}", report.status,
                     log_value(report.reason), report.exit_code, report.epochs, report.updates,
                     report.t);
}

}  // namespace

Recorder::Recorder(Recording recording)
    : recording_(std::move(recording)),
      journal_(recording_.folder, [this](const std::string& line) { print(line); }),
      progress_(recording_.err, recording_.terminal && recording_.loudness != Loudness::quiet,
                goal_of(*recording_.plan)) {
  const RunCard& card = recording_.card;
  const Plan& plan = *recording_.plan;
  state_.run = card.run;
  state_.clock = card.clock;
  state_.proof = card.clock == "virtual" ? "twin" : recording_.paced ? "paced" : "real";
  state_.seed = plan.seed;
  state_.axes = axes_of(recording_.config);
  state_.goal = goal_of(plan);
  state_.folder = recording_.folder.path();
  state_.pid = card.pid;
  state_.version = card.version;
}

void Recorder::begin(const std::string& address, const std::string& token) {
  recording_.card.address = address;
  recording_.card.token = token;
  const RunCard& card = recording_.card;
  const Plan& plan = *recording_.plan;
  recording_.folder.write("run.json", to_json(card), true);
  metric(start_line(card.run, recording_.config, plan));
  journal_.log(fmt::format("start run={} seed={} workers={} partitions={} pid={} address={}",
                           log_value(card.run), plan.seed, plan.workers, plan.partitions, card.pid,
                           log_value(card.address)));
}

void Recorder::take(const Report& report) {
  const std::lock_guard lock(mutex_);
  if (state_.phase == "starting") state_.phase = "training";
  std::visit([this](const auto& one) { take(one); }, report);
}

void Recorder::take(const StepReport& report) {
  state_.step = report;
  metric(metrics_line(report));
  progress_.step(report);
}

void Recorder::take(const EvalReport& report) {
  metric(metrics_line(report));
  progress_.eval(report.score);
  std::erase_if(state_.scores,
                [&report](const Score& score) { return score.split == report.score.split; });
  state_.scores.push_back(report.score);
  if (recording_.loudness == Loudness::verbose)
    print(
        fmt::format("epoch {}: {} {}", report.epoch, report.score.split, score_text(report.score)));
  if (!report.best || report.model.size() == 0) return;
  best_ = report.model;
  save_best(false);
}

void Recorder::take(const EventReport& report) {
  const std::string line = metrics_line(report);
  if (const auto phase = phase_after(report); phase && state_.phase != "stopping")
    state_.phase = *phase;
  metric(line);
  state_.events.push_back(line);
  if (state_.events.size() > state_events_max) state_.events.pop_front();
  journal_.log(log_line(report));
  // A stop was said when it was asked for, and what ends the run is its last line.
  const bool said = report.what == "stop_requested" || report.what == "failed" ||
                    report.what == "diverged" || report.what == "server_lost";
  if (recording_.loudness == Loudness::quiet || said) return;
  print(report.what + (report.who.empty() ? "" : " " + report.who) +
        (report.detail.empty() ? "" : ": " + report.detail));
}

// The end line comes after the model's file, in finish(): who waits for the line
// finds the model.
void Recorder::take(const EndReport& report) { end_ = report; }

void Recorder::note(const std::string& event) {
  const std::lock_guard lock(mutex_);
  journal_.log(event);
  if (recording_.loudness == Loudness::verbose) print(event);
}

void Recorder::say(const std::string& line) {
  const std::lock_guard lock(mutex_);
  print(line);
}

void Recorder::stopping(const std::string& why) {
  const std::lock_guard lock(mutex_);
  state_.phase = "stopping";
  state_.reason = why;
  journal_.log("stopping by=" + log_value(why));
  if (recording_.loudness != Loudness::quiet) print("stopping: " + why);
}

void Recorder::enter(std::uint32_t graph_epoch, const Config& config,
                     std::shared_ptr<const Plan> plan) {
  const std::lock_guard lock(mutex_);
  recording_.plan = std::move(plan);
  state_.graph_epoch = graph_epoch;
  state_.axes = axes_of(config);
  if (const auto& opening = recording_.plan->opening) {
    state_.before = {opening->progress.delivered, opening->progress.updates, opening->discarded};
    for (const Count& count : opening->discarded) state_.before.computed += count.rows;
  }
}

bool Recorder::hold(bool on) {
  const std::lock_guard lock(mutex_);
  return std::exchange(held_, on) != on;
}

std::string Recorder::state() const {
  const std::lock_guard lock(mutex_);
  return state_json(state_);
}

bool Recorder::ready() const {
  const std::lock_guard lock(mutex_);
  return state_.phase == "training" || state_.phase == "paused" || state_.phase == "swapping";
}

void Recorder::see(View view) {
  const std::lock_guard lock(mutex_);
  state_.view = std::move(view);
}

void Recorder::see(const std::vector<Flown>& flight) {
  const std::lock_guard lock(mutex_);
  try {
    recording_.folder.write("flight.jsonl", flight_text(flight));
  } catch (const UserError& error) {
    print(error.what());
  }
}

std::string Recorder::graph() const {
  const std::lock_guard lock(mutex_);
  return graph_json(state_, graph_of(*recording_.plan));
}

std::string Recorder::metrics(std::uint64_t dropped_followers) const {
  const std::lock_guard lock(mutex_);
  return prometheus_text(state_, dropped_followers);
}

std::vector<StoryLine> Recorder::story() const {
  const std::lock_guard lock(mutex_);
  return story_.lines();
}

void Recorder::follow(std::function<void(StoryLine)> hears) {
  const std::lock_guard lock(mutex_);
  follower_ = std::move(hears);
}

void Recorder::failed(int exit_code, const std::string& reason) {
  EndReport report;
  report.t = state_.step.t;
  report.status = "failed";
  report.reason = reason;
  report.exit_code = exit_code;
  take(Report(std::move(report)));
}

int Recorder::finish() {
  if (!end_) failed(1, "the run ended without a word: a bug of troupe");
  const std::lock_guard lock(mutex_);
  progress_.clear();
  const bool has_model = end_->model.size() != 0;
  const bool kept = !has_model || save("model.h5", end_->model);
  save_best(true);
  if (!kept && end_->exit_code == 0) end_->exit_code = static_cast<int>(ExitCode::data);
  metric(metrics_line(*end_));
  journal_.log(log_line(*end_));
  recording_.card.status = state_.phase = end_->status;
  state_.reason = end_->reason;
  state_.end = *end_;
  state_.end->model = {};
  recording_.card.exit = end_->exit_code;
  try {
    recording_.folder.write("run.json", to_json(recording_.card), true);
  } catch (const UserError& error) {
    print(error.what());
  }
  return end_->exit_code;
}

void Recorder::metric(const std::string& line) {
  journal_.metric(line);
  const std::uint64_t number = story_.add(line);
  if (follower_) follower_({number, line});
  if (recording_.json) recording_.out << line << std::endl;
}

void Recorder::print(const std::string& line) {
  progress_.clear();
  recording_.err << line << std::endl;
}

bool Recorder::save(const std::string& name, const SharedBlock& parameters) {
  try {
    save_model(recording_.folder.file(name),
               model_file(recording_.config, *recording_.plan, parameters));
    return true;
  } catch (const UserError& error) {
    print(error.what());
    journal_.log("model_lost file=" + name + " why=" + log_value(error.what()));
    return false;
  }
}

/// An epoch may take a millisecond and a file ten: at most one write a second.
void Recorder::save_best(bool now) {
  const Clock::time_point here = Clock::now();
  if (best_.size() == 0 || (!now && here - best_written_ < std::chrono::seconds(1))) return;
  best_written_ = here;
  save("best.h5", best_);
  best_ = {};
}

ModelFile model_file(const Config& config, const Plan& plan, const SharedBlock& parameters) {
  ModelFile file;
  const auto& values = config.settings().values();
  file.kind = config.settings().text("model.kind");
  file.features = plan.data->facts().features;
  file.parameters = parameters;
  // The model's general keys and its own kind's: other kinds' defaults say nothing of it.
  const std::string own = "model." + file.kind + ".";
  for (auto at = values.lower_bound("model."); at != values.end() && at->first < "model/"; ++at)
    if (at->first.starts_with(own) || at->first.find('.') == at->first.rfind('.'))
      file.settings[at->first] = to_toml(at->second);
  if (plan.normalisation != nullptr) file.normalisation = *plan.normalisation;
  file.classes = plan.classes;
  file.notes["seed"] = std::to_string(plan.seed);
  file.notes["data"] = plan.data->facts().path;
  return file;
}

}  // namespace troupe
