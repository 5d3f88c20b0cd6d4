/// What the aggregator looks at after updates: when an epoch is over, and when the run
/// is. It takes nothing in here.
#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

#include "actors/aggregator.hpp"
#include "actors/handover.hpp"

namespace troupe {
namespace {

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g s", seconds);
  return text;
}

}  // namespace

void Aggregator::overflow(Context& context) {
  context.send(Plan::coordinator, Refused{.worker = context.self(),
                                          .update = updates_,
                                          .rate = plan_->schedule.rate(ledger_.delivered()),
                                          .diverged = true});
  finish(context);
}

void Aggregator::look_around(Context& context) {
  if (ended_) return;
  if (enough() || (stopping_ && all_back())) return finish(context);
  look_at_epoch(context);
  if (stopping_ && all_back()) return finish(context);
  if (now_ - reported_at_ >= plan_->report_seconds) {
    reported_at_ = now_;
    context.send(Plan::coordinator, ledger_.progress(epoch_, updates_));
  }
  if (awaiting_verdict_ || stopping_) return;
  // One who has no turns left may have been waited for.
  const std::uint64_t updates = updates_;
  release(context, std::exchange(waiting_, {}));
  if (updates_ != updates) look_around(context);
}

void Aggregator::look_at_epoch(Context& context) {
  const std::uint64_t epoch = ledger_.delivered() / plan_->training.size();
  if (epoch == epoch_) return;
  epoch_ = epoch;
  context.send(Plan::coordinator, ledger_.progress(epoch_, updates_));
  reported_at_ = context.now();
  if (plan_->fence_epoch && epoch >= *plan_->fence_epoch && !stopping_) {
    stopping_ = fencing_ = true;
    context.wake(plan_->stop_seconds, 0);
  }
  if (epoch % plan_->evaluate_every != 0) return;
  hand_over(context, Plan::evaluator,
            Evaluate{.epoch = epoch, .updates = updates_, .model = publication_.snapshot()});
  // Only behind a barrier is there a moment at which nobody works on.
  awaiting_verdict_ = plan_->rounds && plan_->stop.needs_verdict();
}

void Aggregator::step_begins(Context& context, ActorId worker, std::size_t turns) {
  now_ = context.now();
  strides_.begun(worker - Plan::first_drawn, turns, now_);
  if (turns == 0 || std::exchange(looks_for_late_, true)) return;
  context.wake(Strides::least_seconds, late_steps);
}

void Aggregator::step_ends(Context& context, ActorId worker, std::size_t turns) {
  now_ = context.now();
  const auto news = strides_.done(worker - Plan::first_drawn, turns, now_);
  if (news)
    context.send(Plan::coordinator,
                 Notice{"caught_up", plan_->name_of(worker),
                        "has finished a step of " + seconds_text(news->seconds)});
}

// Its process gives signs of life, or it would be lost: it is named and nothing else.
void Aggregator::look_for_late_steps(Context& context) {
  for (const Strides::Stride& late : strides_.late(context.now()))
    context.send(
        Plan::coordinator,
        Notice{"straggling", plan_->name_of(Plan::first_drawn + static_cast<ActorId>(late.worker)),
               "at one step for " + seconds_text(late.seconds) +
                   (late.usual_seconds > 0 ? ", its own take " + seconds_text(late.usual_seconds)
                                           : ", its first") +
                   "; it is waited for as long as its process gives signs of life"});
  const auto next = strides_.next();
  looks_for_late_ = next.has_value();
  if (next) context.wake(std::max(*next - context.now(), 1e-6), late_steps);
}

std::uint64_t Aggregator::draws_left() const {
  const auto planned = plan_->draws_planned();
  if (!planned) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t used = ledger_.delivered() + offered_rows_;
  return used >= *planned ? 0 : *planned - used;
}

bool Aggregator::enough() const {
  const auto planned = plan_->draws_planned();
  return (planned && ledger_.delivered() >= *planned) ||
         (plan_->stop.steps && !standing_ && updates_ >= *plan_->stop.steps);
}

bool Aggregator::all_back() const {
  // A round that has begun is finished; between rounds all seats are on offer to
  // nobody, or all wait for a verdict.
  const auto given = [](const Seat& seat) { return std::ranges::any_of(seat.due, &Due::given); };
  return std::ranges::none_of(seats_, given) && round_.empty();
}

void Aggregator::flush(Context& context) {
  for (std::uint32_t p = 0; p < seats_.size(); ++p)
    if (!held_.contains(p)) obey(context, gate_->leave(p));
}

void Aggregator::finish(Context& context) {
  const bool fenced = fencing_ && unfinished(*plan_, ledger_.delivered(), updates_);
  if (fenced && plan_->holds) flush(context);
  if (std::exchange(ended_, true)) return;
  epoch_ = ledger_.delivered() / plan_->training.size();
  for (const auto& [where, partial] : round_.take_parts())
    ledger_.discard("unfinished round", partial.rows);
  for (const auto& [partition, partial] : held_)
    ledger_.discard("held back", partial.rows + partial.folded);
  Final final{.model = publication_.snapshot(),
              .progress = ledger_.progress(epoch_, updates_),
              .discarded = ledger_.discarded(),
              .computed = ledger_.computed(),
              .fenced = fenced,
              .version = publication_.version()};
  if (fenced) {
    std::vector<std::uint64_t> steps;
    for (const Seat& seat : seats_) steps.push_back(seat.step);
    final.memory = memory_of(*update_);
    final.cursors = cursors_at(*plan_, steps);
  }
  hand_over(context, Plan::coordinator, std::move(final));
}

}  // namespace troupe
