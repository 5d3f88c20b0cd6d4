/// The aggregator that steps on a clock of its own: what arrives stands, and each step is by
/// the sum of all that stands. Nobody's arrival is a step.
#include <algorithm>

#include "actors/aggregator.hpp"

namespace troupe {

void Aggregator::start(Context& context) {
  if (standing_) context.wake(*plan_->steps_every, next_step);
}

void Aggregator::woken(Context& context, std::uint64_t token) {
  if (ended_) return;
  if (token == late_steps) return look_for_late_steps(context);
  if (token == next_step) return step_freely(context);
  finish(context);
  if (shards_) direct(context);
}

void Aggregator::let_stand(Partial& partial) {
  if (partial.rows == 0) return;
  ledger_.staleness(publication_.version() - partial.based_on);
  ledger_.deliver(partial.rows, partial.loss);
  ledger_.stands();
  partial.gradients.scale(1.0F / static_cast<float>(partial.rows));
  scratch_.give(standing_->replace(partial.partition, std::move(partial.gradients)));
}

void Aggregator::step_freely(Context& context) {
  if (stopping_) return;
  const double began = context.now();
  const Accumulator& sum = standing_->sum();
  const bool finite =
      exchange_->absorb({.model = publication_.model(),
                         .gradients = &sum,
                         .arrived = {.rows = plan_->partitions, .partitions = plan_->partitions},
                         .partitions = plan_->partitions,
                         .rate = plan_->schedule.rate(ledger_.delivered())},
                        *merge_, *update_);
  if (update_->dense() || sum.dense())
    publication_.advance();
  else
    publication_.advance(sum.touched());
  ++updates_;
  if (!finite) return overflow(context);
  if (plan_->stop.steps && updates_ >= *plan_->stop.steps)
    return on(context, context.self(), Stop{});
  context.wake(std::max(0.0, *plan_->steps_every - (context.now() - began)), next_step);
}

}  // namespace troupe
