/// A worker that does more than answer: it goes on without being answered, applies merged
/// gradients itself, pauses between two phases of a turn for advice, or deals with several who
/// hold the model. It never guesses what others do.
#include <algorithm>
#include <cmath>

#include "actors/direction.hpp"
#include "actors/worker.hpp"

namespace troupe {

void Worker::line_up(Context& context, const std::vector<Turn>& turns) {
  turns_.insert(turns_.end(), turns.begin(), turns.end());
  if (turns_.empty() || std::exchange(awake_, true)) return;
  context.wake(0, 0);
}

void Worker::woken(Context& context, std::uint64_t) {
  awake_ = false;
  if (turns_.empty()) return;
  const Turn turn = turns_.front();
  turns_.pop_front();
  try {
    take_turn(context, turn, draws_, false);
  } catch (const UserError& error) {
    return give_up(context, error);
  }
  line_up(context, {});
}

void Worker::on(Context& context, ActorId, Merged merged) {
  if (reply_codec_ == nullptr) reply_codec_ = plan_->reply_codec();
  if (mirror_.size() == 0) mirror_ = Block::copy_of(std::exchange(pulled_, {}).values());
  Accumulator sum = scratch_.take();
  // The aggregator wrote it for the model that this worker has: it made the same step.
  const bool fits = mirror_.size() == sum.size() && reply_codec_->decode({}, merged.payload, sum);
  if (fits) update_->apply(mirror_.values(), sum, merged.factor, merged.rate);
  scratch_.give(std::move(sum));
  if (!fits) return;
  version_ = merged.version;
  draws_ = merged.draws;
  if (!plan_->waits) return line_up(context, merged.turns);
  try {
    take_turns(context, merged.turns, merged.draws);
  } catch (const UserError& error) {
    give_up(context, error);
  }
}

void Worker::look_forward(Context& context) {
  while (!asked_ && (!turns_.empty() || !later_.empty())) {
    if (turns_.empty()) {
      install(later_.front());
      draws_ = later_.front().draws;
      turns_.assign(later_.front().turns.begin(), later_.front().turns.end());
      later_.pop_front();
      continue;
    }
    const Turn turn = turns_.front();
    if (Seat* const seat = held(turn))
      asked_ = Outlook{.partition = turn.partition,
                       .step = turn.step,
                       .loss = forward(*seat, turn),
                       .pull_seconds = pull_seconds_,
                       .compute_seconds = compute_seconds_};
    else
      turns_.pop_front();
  }
  if (asked_) context.send(holder_, *asked_);
}

void Worker::on(Context& context, ActorId, Advice advice) {
  if (!asked_ || asked_->partition != advice.partition || asked_->step != advice.step) return;
  const double begun = context.now();
  const Turn turn = turns_.front();
  turns_.pop_front();
  const float factor = update_->compensation(asked_->loss, advice);
  asked_.reset();
  try {
    take_turn(context, turn, draws_, false, factor);
    compute_seconds_ = context.now() - begun;
    look_forward(context);
  } catch (const UserError& error) {
    give_up(context, error);
  }
}

void Worker::on(Context& context, ActorId from, Slice slice) {
  if (!assembly_) return;
  if (!assembly_->add(from - plan_->aggregator(), std::move(slice)))
    return give_up(context,
                   UserError(ExitCode::cluster,
                             plan_->name_of(context.self()) + ": what " + plan_->name_of(from) +
                                 " sent does not fit its slice of the model; is its "
                                 "process what it should be?"));
  put_together(context);
}

// Answers are taken in their order, each once all slices of its model are here.
void Worker::put_together(Context& context) {
  while (!arriving_.empty()) {
    Parameters& next = arriving_.front();
    auto* dense = std::get_if<DenseValues>(&next.payload);
    if (dense != nullptr && dense->values.size() == assembly_->size_of(0)) {
      auto whole = assembly_->whole({.version = next.version, .values = dense->values});
      if (!whole) return;
      dense->values = std::move(whole->values);
    }
    Parameters parameters = std::move(next);
    arriving_.pop_front();
    begin(context, std::move(parameters));
  }
}

void Worker::cut_up(Context& context, Push& push) {
  std::vector<Deposit> deposits(plan_->shards(), {.name = name_of(context.self(), push)});
  for (Contribution& part : push.contributions) {
    std::vector<Payload> parts = cut(std::move(part.payload), plan_->cuts);
    for (std::size_t k = 0; k < parts.size(); ++k)
      deposits[k].payloads.push_back(std::move(parts[k]));
    part.payload = std::move(deposits[0].payloads.back());
  }
  for (std::uint32_t k = 1; k < plan_->shards(); ++k)
    context.send(plan_->aggregator() + k, std::move(deposits[k]));
}

}  // namespace troupe
