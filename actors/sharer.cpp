#include "actors/sharer.hpp"

#include <algorithm>
#include <cmath>

#include "base/user_error.hpp"

namespace troupe {

using Part = SharedMemory::Part;

Sharer::Sharer(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)),
      descent_(*plan_),
      scratch_(plan_->parameters),
      standing_(plan_->stands ? plan_->parameters : 0) {}

void Sharer::on(Context& context, ActorId, Lease lease) {
  if (ended_ || feed_ != nullptr || lease.partitions.size() != 1) return;
  partition_ = lease.partitions.front();
  try {
    feed_ = plan_->supply->feed(partition_);
  } catch (const UserError& error) {
    context.send(Plan::coordinator,
                 Failed{.exit_code = static_cast<int>(error.code()), .line = error.what()});
    return;
  }
  left_ = quota_of(*plan_, partition_);
  epoch_ = plan_->origin(partition_).epoch;
  context.wake(0, 0);
}

void Sharer::on(Context& context, ActorId, Stop) {
  if (!ended_) leave(context);
}

void Sharer::on(Context& context, ActorId, Finish) {
  ended_ = true;
  feed_.reset();
  context.send(Plan::coordinator, Finished{.computed = tally_.computed});
  context.finished();
}

void Sharer::woken(Context& context, std::uint64_t) {
  if (ended_) return;
  if (left_.exchanges == 0) return leave(context);
  try {
    work(context);
  } catch (const UserError& error) {
    ended_ = true;
    context.send(Plan::coordinator,
                 Failed{.exit_code = static_cast<int>(error.code()), .line = error.what()});
  }
}

Sharer::Stint Sharer::next_stint(SharedMemory& memory) const {
  const std::uint64_t exchange = tally_.exchanges;
  const auto [epoch, positions] = plan_->passage(partition_, exchange);
  Stint stint{.epoch = epoch, .exchanges = 1, .positions = positions};
  // A copy of the model, or a gradient that stands, is good for one.
  const bool one_by_one = plan_->stands || plan_->sharing->snapshots;
  while (!one_by_one && stint.exchanges < left_.exchanges) {
    const Passage next = plan_->passage(partition_, exchange + stint.exchanges);
    if (next.epoch != epoch || next.positions.last - stint.positions.first > memory.rows_at_once())
      break;
    stint.positions.last = next.positions.last;
    ++stint.exchanges;
  }
  stint.positions.last = std::min(stint.positions.last, stint.positions.first + left_.rows);
  return stint;
}

void Sharer::work(Context& context) {
  SharedMemory& memory = context.shared();
  const Stint stint = next_stint(memory);
  if (stint.positions.first == 0) tally_.bytes_moved += feed_->bytes_moved(stint.epoch);
  draws_ = memory.worked(0);
  const double loss = tally_.loss;
  if (plan_->stands)
    replace_gradient(memory, stint);
  else if (plan_->sharing->snapshots)
    step_from_copy(memory, stint);
  else
    step(memory, stint);
  tally_.exchanges += stint.exchanges;
  tally_.computed += stint.positions.size();
  memory.worked(stint.positions.size());
  left_.exchanges -= stint.exchanges;
  left_.rows -= stint.positions.size();
  context.spend(stint.positions.size());
  if (!std::isfinite(tally_.loss - loss)) {
    ended_ = true;
    context.send(Plan::coordinator, Refused{.worker = context.self(),
                                            .update = tally_.exchanges,
                                            .rate = rate(),
                                            .diverged = true});
    return;
  }
  const std::uint64_t epoch = plan_->passage(partition_, tally_.exchanges).epoch;
  const bool over = std::exchange(epoch_, epoch) != epoch;
  if (over || context.now() - reported_at_ >= plan_->report_seconds) report(context, false);
  context.wake(0, 0);
}

void Sharer::step(SharedMemory& memory, const Stint& stint) {
  memory.change(Part::model, tally_.writes, [&](const SharedValues& model) {
    tally_.loss += descent_.run(
        model,
        {.feed = *feed_, .epoch = stint.epoch, .positions = stint.positions, .draws = draws_});
  });
}

void Sharer::step_from_copy(SharedMemory& memory, const Stint& stint) {
  Accumulator sum = gradient(memory, stint);
  const float factor =
      -rate() / static_cast<float>(std::max<std::uint64_t>(1, stint.positions.size()));
  memory.change(Part::model, tally_.writes, [&](const SharedValues& model) {
    if (sum.dense())
      add_shared(model, factor, sum.values());
    else
      add_shared(model, factor, sum.values(), sum.touched());
  });
  scratch_.give(std::move(sum));
}

// What stands changes by the difference: fresh - stale. Then the fresh one is it.
void Sharer::replace_gradient(SharedMemory& memory, const Stint& stint) {
  Accumulator fresh = gradient(memory, stint);
  fresh.scale(1.0F / static_cast<float>(std::max<std::uint64_t>(1, stint.positions.size())));
  standing_.scale(-1.0F);
  standing_.merge(fresh);
  memory.change(Part::gradients, tally_.writes, [&](const SharedValues& gradients) {
    if (standing_.dense())
      add_shared(gradients, 1.0F, standing_.values());
    else
      add_shared(gradients, 1.0F, standing_.values(), standing_.touched());
  });
  scratch_.give(std::exchange(standing_, std::move(fresh)));
}

Accumulator Sharer::gradient(SharedMemory& memory, const Stint& stint) {
  Accumulator sum = scratch_.take();
  const bool snapshots = plan_->sharing->snapshots;
  const bool copies = snapshots || !plan_->entrywise;
  if (copies) {
    copy_.resize(plan_->parameters);
    memory.copy(Part::model, copy_, snapshots);
  }
  for (RowRange left = stint.positions; left.size() > 0;) {
    const Batch piece = feed_->draw(stint.epoch, left.first, left.last);
    tally_.loss += copies ? plan_->model->gradient(copy_, piece, rate(), sum)
                          : add_gradient(memory, piece, sum);
    left.first += piece.size();
  }
  return sum;
}

// Reads what the rows read and nothing else.
double Sharer::add_gradient(SharedMemory& memory, const Batch& piece, Accumulator& sum) {
  Features features(feed_->keeper());
  plan_->model->list_entries(piece, features);
  entries_.resize(features.size());
  memory.look(Part::model, [&](const SharedValues& model) {
    float* entry = entries_.data();
    features.each([&](Features::Row row) {
      for (const std::uint32_t feature : row) *entry++ = load_shared(model.values[feature]);
    });
  });
  const double loss = plan_->model->gradient_of_entries(piece, rate(), entries_);
  const float* entry = entries_.data();
  features.each([&](Features::Row row) {
    sum.touch(row);
    for (const std::uint32_t feature : row) sum.values()[feature] += *entry++;
  });
  return loss;
}

float Sharer::rate() const { return plan_->schedule.rate(draws_); }

void Sharer::report(Context& context, bool last) {
  reported_at_ = context.now();
  Tally tally = tally_;
  tally.last = last;
  context.send(plan_->keeper(), std::move(tally));
}

void Sharer::leave(Context& context) {
  ended_ = true;
  report(context, true);
}

}  // namespace troupe
