#include "actors/coordinator.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace troupe {
namespace {

// Seconds in which whoever is idle answers, at least.
constexpr double last_call = 1;

const Score* find(const std::vector<Score>& scores, const std::string& split) {
  const auto here = std::ranges::find(scores, split, &Score::split);
  return here == scores.end() ? nullptr : &*here;
}

std::uint64_t quantile(const std::vector<std::uint64_t>& bins, double share) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : bins) total += count;
  const double goal = share * static_cast<double>(total);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    seen += bins[i];
    if (seen > 0 && static_cast<double>(seen) >= goal) return i;
  }
  return 0;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::string diverged_line(std::uint64_t update, double rate) {
  return "diverged at update " + std::to_string(update) +
         ": numbers are not finite at learning rate " + number(rate) +
         "; try -s learning_rate=" + number(rate / 10);
}

}  // namespace

Coordinator::Coordinator(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)), best_loss_(std::numeric_limits<double>::infinity()) {}

void Coordinator::start(Context& context) {
  if (outcome_) return conclude(context);
  if (plan_->opening) return start_again(context);
  for (std::uint32_t i = 0; i < plan_->workers; ++i) {
    Crew& crew = crew_[plan_->worker(i)];
    const RowRange mine = partition_range({0, plan_->partitions}, i, plan_->workers);
    for (std::uint64_t p = mine.first; p < mine.last; ++p)
      crew.partitions.push_back(static_cast<std::uint32_t>(p));
    context.send(plan_->worker(i), Lease{.partitions = crew.partitions, .number = ++leases_});
  }
  if (plan_->stop.seconds) context.wake(*plan_->stop.seconds, time_is_up);
}

void Coordinator::woken(Context& context, std::uint64_t token) {
  if (closed_) return;
  if (token == time_is_up) return end(context, {"done", "time", 0}, false);
  for (auto& [worker, crew] : crew_) {
    if (!crew.alive || crew.answered) continue;
    crew.alive = false;
    event(context, "no_answer", plan_->name_of(worker), "did not say what it computed");
  }
  if (!scored_) {
    // Our own process works on it; it ends or fails, and until then the run is not over.
    event(context, "scoring", "evaluator", "is still at work on the final model");
    context.wake(plan_->stop_seconds, nobody_answers);
  }
  close_when_complete(context);
}

void Coordinator::on(Context& context, ActorId, Progress progress) {
  const double now = context.now();
  const double seconds = now - last_progress_at_;
  const auto rows = static_cast<double>(progress.delivered - last_delivered_);
  // Where nothing came meanwhile, the loss is what it was.
  if (rows > 0 || progress.loss != 0) last_loss_ = progress.loss;
  last_progress_at_ = now;
  last_delivered_ = progress.delivered;
  last_updates_ = progress.updates;
  std::uint64_t worst = 0;
  for (std::size_t i = 0; i < progress.staleness.size(); ++i)
    if (progress.staleness[i] > 0) worst = i;
  context.report(StepReport{.t = now,
                            .epoch = progress.epoch,
                            .updates = progress.updates,
                            .samples = progress.delivered,
                            .loss = last_loss_,
                            .samples_per_second = seconds > 0 ? rows / seconds : 0,
                            .bytes_sent = progress.bytes_sent,
                            .bytes_received = progress.bytes_received,
                            .bytes_moved = progress.bytes_moved,
                            .gossip = progress.gossip,
                            .gradients = progress.gradients,
                            .writes = progress.writes,
                            .staleness_p50 = quantile(progress.staleness, 0.5),
                            .staleness_p99 = quantile(progress.staleness, 0.99),
                            .staleness_max = worst});
}

void Coordinator::on(Context& context, ActorId, Evaluated evaluated) {
  judge(context, evaluated);
  if (evaluated.last || (resting() && evaluated.updates == final_->progress.updates)) {
    scored_ = true;
    if (evaluated.last) last_scores_ = std::move(evaluated);
    return close_when_complete(context);
  }
  if (outcome_) return;
  if (const std::optional<std::string> reason = verdict(evaluated))
    return end(context, {"done", *reason, 0}, false);
  if (plan_->stop.needs_verdict()) context.send(plan_->keeper(), Proceed{.epoch = evaluated.epoch});
}

void Coordinator::judge(Context& context, const Evaluated& evaluated) {
  const std::string judged = plan_->validation.size() > 0 ? "validation" : "training";
  for (const Score& score : evaluated.scores) {
    const auto told = told_.find(score.split);
    if (told != told_.end() && told->second == evaluated.updates) continue;  // the same model
    told_[score.split] = evaluated.updates;
    // The sum is a double, but a loss that no float can hold is as good as infinite.
    const bool finite = std::isfinite(static_cast<float>(score.loss));
    const bool best = score.split == judged && finite && score.loss < best_loss_;
    if (score.split == judged) evaluations_since_best_ = best ? 0 : evaluations_since_best_ + 1;
    if (best) best_loss_ = score.loss;
    context.report(EvalReport{.t = context.now(),
                              .epoch = evaluated.epoch,
                              .updates = evaluated.updates,
                              .score = score,
                              .best = best,
                              .model = best ? evaluated.model : SharedBlock()});
    if (!finite)
      end(context,
          {"diverged", diverged_line(last_updates_, plan_->schedule.rate(last_delivered_)), 1},
          true);
  }
}

std::optional<std::string> Coordinator::verdict(const Evaluated& evaluated) {
  const StopRule& stop = plan_->stop;
  const Score* validation = find(evaluated.scores, "validation");
  if (stop.target && validation != nullptr && validation->accuracy >= *stop.target) return "target";
  if (stop.no_better_for && evaluations_since_best_ >= *stop.no_better_for) return "no_better_for";
  const Score* training = find(evaluated.scores, "training");
  if (!stop.tolerance || training == nullptr) return std::nullopt;
  const std::optional<double> before = std::exchange(training_loss_, training->loss);
  const double step = before ? std::abs(*before - training->loss) : 0;
  if (step > 0 && step < *stop.tolerance) return "tolerance";
  return std::nullopt;
}

void Coordinator::on(Context& context, ActorId, Final final) {
  if (final_) return;
  const bool by_steps = plan_->stop.steps && final.progress.updates >= *plan_->stop.steps;
  if (!outcome_ && !final.fenced) outcome_ = Outcome{"done", by_steps ? "steps" : "epochs", 0};
  on(context, plan_->keeper(), final.progress);
  final_ = std::move(final);
  score_last(context);
  for (const auto& [worker, crew] : crew_)
    if (crew.alive) context.send(worker, Finish{});
  // Whoever is at a step still has had most of its time while the model was waited for.
  const double gone = stop_asked_at_ ? context.now() - *stop_asked_at_ : 0;
  context.wake(std::max(plan_->stop_seconds - gone, std::min(plan_->stop_seconds, last_call)),
               nobody_answers);
  close_when_complete(context);
}

void Coordinator::on(Context& context, ActorId from, Finished finished) {
  const auto crew = crew_.find(from);
  if (crew == crew_.end()) return;
  crew->second.answered = true;
  crew->second.computed = finished.computed;
  if (!final_ && !crew->second.leaves.empty()) {
    event(context, "node_left", plan_->name_of(from), std::exchange(crew->second.leaves, {}));
    return dismiss(context, {from});
  }
  close_when_complete(context);
}

void Coordinator::on(Context& context, ActorId from, Failed failed) {
  event(context, "failed", plan_->name_of(from), failed.line);
  end(context, {"failed", failed.line, failed.exit_code}, true);
  scored_ = scored_ || final_.has_value();
  close_when_complete(context);
}

void Coordinator::on(Context& context, ActorId, Refused refused) {
  if (refused.diverged) {
    const std::string line = diverged_line(refused.update, refused.rate);
    event(context, "diverged", plan_->name_of(refused.worker), line);
    return end(context, {"diverged", line, 1}, true);
  }
  event(context, "refused", plan_->name_of(refused.worker),
        "its numbers were not finite at update " + std::to_string(refused.update) +
            "; refused, its replica starts again from the model");
  const auto crew = crew_.find(refused.worker);
  if (!refused.excluded || crew == crew_.end() || !crew->second.alive) return;
  event(context, "excluded", plan_->name_of(refused.worker), "the third refusal in a row");
  context.send(refused.worker, Finish{});
  dismiss(context, {refused.worker});
}

void Coordinator::on(Context& context, ActorId, StopRequested request) {
  event(context, "stop_requested", "coordinator", request.reason);
  end(context, {"stopped", request.reason, request.exit_code}, false);
}

void Coordinator::on(Context& context, ActorId, Notice notice) {
  event(context, std::move(notice.what), std::move(notice.who), std::move(notice.detail));
}

void Coordinator::end(Context& context, Outcome outcome, bool at_once) {
  const bool first = !outcome_;
  const bool rested = resting();
  if (outcome.status == "diverged") unsound_ = true;
  // The first reason counts, but trouble overrules success.
  if (first || (outcome.status != "stopped" && outcome_->exit_code == 0 && outcome.exit_code != 0))
    outcome_ = std::move(outcome);
  if (rested && !passed_) return conclude(context);
  if (final_ || (!first && !at_once)) return;
  if (!stop_asked_at_) stop_asked_at_ = context.now();
  context.send(plan_->keeper(), Stop{.at_once = at_once});
}

bool Coordinator::in_trouble() const {
  return outcome_ && (outcome_->status == "failed" || outcome_->status == "diverged");
}

void Coordinator::event(Context& context, std::string what, std::string who, std::string detail) {
  context.report(EventReport{.t = context.now(),
                             .what = std::move(what),
                             .who = std::move(who),
                             .detail = std::move(detail)});
}

void Coordinator::close_when_complete(Context& context) {
  if (!final_ || !scored_ || closed_ || passed_) return;
  for (const auto& [worker, crew] : crew_)
    if (crew.alive && !crew.answered) return;
  if (resting()) return pass_on(context);
  close(context);
}

void Coordinator::close(Context& context) {
  closed_ = true;
  context.report(balance(context.now()));
  context.send(Plan::evaluator, Finish{});
  context.finished();
}

// What nobody in its place said any more, the holder of the model heard last.
std::uint64_t Coordinator::computed_by(ActorId worker) const {
  const Crew& crew = crew_.at(worker);
  const auto said = std::ranges::find(final_->computed, worker, &WorkerCount::worker);
  if (said == final_->computed.end()) return crew.computed;
  // What is said of one who came too late to be listened to was said of an earlier life.
  return (crew.answered && crew.listened ? crew.computed : said->rows) + said->earlier;
}

EndReport Coordinator::balance(double now) {
  EndReport end{.t = now,
                .status = outcome_->status,
                .reason = outcome_->reason,
                .exit_code = outcome_->exit_code,
                .epochs = final_->progress.epoch,
                .updates = final_->progress.updates,
                .gradients = final_->progress.gradients,
                .writes = final_->progress.writes,
                .samples = final_->progress.delivered,
                .delivered = final_->progress.delivered,
                .bytes_moved = final_->progress.bytes_moved,
                .discarded = final_->discarded};
  std::uint64_t accounted = end.delivered;
  for (const Count& count : end.discarded) accounted += count.rows;
  for (const auto& [worker, crew] : crew_) {
    end.computed += computed_by(worker);
    end.shares.push_back({worker, computed_by(worker)});
  }
  // Only a run that is cut short leaves draws which nobody received.
  if (end.computed > accounted) end.discarded.push_back({"cut short", end.computed - accounted});
  if (last_scores_) end.scores = last_scores_->scores;
  if (!in_trouble() && !unsound_) end.model = final_->model;
  return end;
}

}  // namespace troupe
