#include "actors/worker.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/user_error.hpp"
#include "messages/visit.hpp"

namespace troupe {

/// Positions of one epoch's order.
struct Worker::Draws {
  std::uint64_t epoch = 0;
  RowRange positions;
};

/// A partition on lease: its rows and their order, made from the plan alone, and
/// the update rule's state, which starts anew with a new holder.
struct Worker::Seat {
  Seat(const Plan& plan, std::uint32_t p) : partition(p), feed(plan.supply->feed(p)) {
    if (plan.descends && !plan.plain) update = plan.update();
  }

  /// Piece after piece, as they come into memory; only the last one may end within
  /// a batch.
  template <class Visit>
  void draw(const Draws& wanted, Visit visit) {
    for (RowRange left = wanted.positions; left.size() > 0;) {
      const Batch piece = feed->draw(wanted.epoch, left.first, left.last);
      visit(piece);
      left.first += piece.size();
    }
  }

  std::uint32_t partition;
  std::unique_ptr<Feed> feed;
  std::unique_ptr<Update> update;
  std::uint64_t epochs_begun = 0;
};

Worker::Worker(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)),
      codec_(plan_->codec()),
      scratch_(plan_->parameters),
      seen_(plan_->pull == PullKind::sparse ? plan_->parameters : 0) {}

Worker::~Worker() = default;

void Worker::on(Context& context, ActorId, Lease lease) {
  try {
    for (const std::uint32_t p : lease.partitions) seats_[p] = std::make_unique<Seat>(*plan_, p);
  } catch (const UserError& error) {
    context.send(Plan::coordinator,
                 Failed{.exit_code = static_cast<int>(error.code()), .line = error.what()});
    return;
  }
  context.send(plan_->aggregator(),
               Pull{.known_version = 0, .partitions = std::move(lease.partitions)});
}

void Worker::on(Context& context, ActorId, Parameters parameters) {
  install(parameters);
  try {
    take_turns(context, parameters.turns, parameters.draws);
  } catch (const UserError& error) {
    seats_.clear();
    context.send(Plan::coordinator,
                 Failed{.exit_code = static_cast<int>(error.code()), .line = error.what()});
  }
}

void Worker::on(Context& context, ActorId, Finish) {
  seats_.clear();
  context.send(Plan::coordinator, Finished{.computed = computed_});
  context.finished();
}

void Worker::take_turns(Context& context, const std::vector<Turn>& turns, std::uint64_t draws) {
  TreeSum<Partial> sums(plan_->partitions);
  std::vector<Turn> taken;
  std::uint64_t rows = 0;
  for (Turn turn : turns) {
    const auto seat = seats_.find(turn.partition);
    if (seat == seats_.end()) continue;  // not ours: nobody would wait for it
    Partial partial = compute(*seat->second, turn, draws);
    rows += partial.rows;
    taken.push_back(turn);
    sums.insert(
        {.level = 0, .index = turn.partition}, std::move(partial),
        [this](Partial& left, Partial right) { add_partial(left, std::move(right), scratch_); });
    if (plan_->rounds) continue;  // a round's turns travel together, as merged as they can be
    push(context, sums, std::exchange(taken, {}), std::exchange(rows, 0));
  }
  if (!taken.empty()) push(context, sums, std::move(taken), rows);
}

void Worker::install(Parameters& parameters) {
  version_ = parameters.version;
  const auto scatter = [this](const auto& listed) {
    if (mirror_.size() == 0) mirror_ = Block::copy_of(std::exchange(pulled_, {}).values());
    const std::span<float> mirror = mirror_.values();
    for (std::size_t i = 0; i < listed.indices.size(); ++i)
      mirror[listed.indices[i]] = listed.values[i];
  };
  std::visit(Overload{[](std::monostate) {},
                      [this](DenseValues& dense) {
                        pulled_ = std::move(dense.values);
                        mirror_ = Block();
                      },
                      [&](SparseValues& listed) { scatter(listed); },
                      [&](ChangedValues& listed) { scatter(listed); }},
             parameters.payload);
}

Partial Worker::compute(Seat& seat, Turn& turn, std::uint64_t draws) {
  Draws wanted{.epoch = turn.step / plan_->exchanges_per_epoch(seat.partition),
               .positions = plan_->drawn(seat.partition, turn.step)};
  RowRange& range = wanted.positions;
  range.last = std::min(range.last, range.first + turn.rows);
  turn.rows = range.size();
  if (range.size() > 0 && seat.epochs_begun <= wanted.epoch) {
    seat.epochs_begun = wanted.epoch + 1;
    bytes_moved_ += seat.feed->bytes_moved(wanted.epoch);
  }
  Partial partial;
  partial.rows = range.size();
  // An unchanged replica still weighs in a mean of replicas; no rows, no gradient.
  partial.partitions = plan_->descends || partial.rows > 0 ? 1 : 0;
  if (plan_->descends)
    descend(partial, seat, wanted, draws);
  else
    differentiate(partial, seat, wanted, draws);
  return partial;
}

void Worker::differentiate(Partial& partial, Seat& seat, const Draws& wanted, std::uint64_t draws) {
  const std::span<const float> model =
      mirror_.size() > 0 ? std::as_const(mirror_).values() : pulled_.values();
  const float rate = plan_->schedule.rate(draws);
  partial.gradients = scratch_.take();
  seat.draw(wanted, [&](const Batch& piece) {
    partial.loss += plan_->model->gradient(model, piece, rate, partial.gradients);
  });
}

void Worker::descend(Partial& partial, Seat& seat, const Draws& wanted, std::uint64_t draws) {
  partial.states =
      Block::copy_of(mirror_.size() > 0 ? std::as_const(mirror_).values() : pulled_.values());
  Replica replica{.values = partial.states.values()};
  const std::uint64_t per_step = plan_->batch * (plan_->rounds ? plan_->partitions : 1);
  std::uint64_t steps = 0;
  seat.draw(wanted, [&](const Batch& piece) {
    rates_.clear();
    for (std::uint64_t first = 0; first < piece.size(); first += plan_->batch)
      rates_.push_back(plan_->schedule.rate(draws + steps++ * per_step));
    partial.loss += step(seat, replica, piece);
  });
  replica.settle();
}

double Worker::step(Seat& seat, Replica& replica, const Batch& rows) {
  if (seat.update == nullptr) return plan_->model->descend(replica, rows, plan_->batch, rates_);
  double loss = 0;
  Accumulator sum = scratch_.take();
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    const std::size_t first = i * plan_->batch;
    const std::size_t count = std::min<std::size_t>(plan_->batch, rows.size() - first);
    const Batch part{rows.rows, rows.picks.subspan(first, count)};
    loss += plan_->model->gradient(replica.values, part, rates_[i], sum);
    seat.update->apply(replica.values, sum, 1.0F / static_cast<float>(count), rates_[i]);
    sum.clear();
  }
  scratch_.give(std::move(sum));
  return loss;
}

void Worker::push(Context& context, TreeSum<Partial>& sums, std::vector<Turn> turns,
                  std::uint64_t rows) {
  context.spend(rows);
  computed_ += rows;
  Push push{.based_on = version_, .computed = computed_, .bytes_moved = bytes_moved_};
  for (auto& [where, partial] : sums.take_parts()) {
    Contribution part{.level = where.level,
                      .index = where.index,
                      .partitions = partial.partitions,
                      .rows = partial.rows,
                      .loss = partial.loss};
    if (plan_->descends) {
      part.payload = DenseValues{std::move(partial.states).freeze()};
    } else {
      part.payload =
          codec_->encode({.level = where.level, .index = where.index}, partial.gradients);
      scratch_.give(std::move(partial.gradients));
    }
    push.contributions.push_back(std::move(part));
  }
  if (plan_->pull == PullKind::sparse) push.features = features_of_next(turns);
  push.turns = std::move(turns);
  context.send(plan_->aggregator(), std::move(push));
}

std::vector<std::uint32_t> Worker::features_of_next(const std::vector<Turn>& turns) {
  for (const Turn& turn : turns) {
    Seat& seat = *seats_.at(turn.partition);
    const std::uint64_t step = turn.step + 1;
    const Draws next{.epoch = step / plan_->exchanges_per_epoch(seat.partition),
                     .positions = plan_->drawn(seat.partition, step)};
    seat.draw(next, [this](const Batch& piece) { plan_->model->reads(piece, seen_); });
  }
  std::vector<std::uint32_t> features(seen_.touched().begin(), seen_.touched().end());
  seen_.clear();
  return features;
}

}  // namespace troupe
