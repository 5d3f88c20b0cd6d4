#include "actors/worker.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/user_error.hpp"
#include "messages/visit.hpp"

namespace troupe {

/// A partition on lease: its rows and their order, made from the plan alone, and
/// the update rule's state, which starts anew with a new holder.
struct Worker::Seat {
  Seat(const Plan& plan, std::uint32_t p)
      : partition(p),
        shard(plan.data->load(plan.partition(p))),
        sampler(plan.sampler, plan.seed, p, static_cast<std::uint32_t>(shard.rows().size())) {
    if (plan.descends && !plan.plain) update = plan.update();
  }

  std::uint32_t partition;
  Shard shard;
  Sampler sampler;
  std::unique_ptr<Update> update;
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
  TreeSum<Partial> sums(plan_->partitions);
  std::vector<Turn> taken;
  std::uint64_t rows = 0;
  for (Turn turn : parameters.turns) {
    const auto seat = seats_.find(turn.partition);
    if (seat == seats_.end()) continue;  // not ours: nobody would wait for it
    Partial partial = compute(*seat->second, turn, parameters.draws);
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

void Worker::on(Context& context, ActorId, Finish) {
  context.send(Plan::coordinator, Finished{.computed = computed_});
  context.finished();
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
  const std::uint64_t epoch = turn.step / plan_->exchanges_per_epoch(seat.partition);
  RowRange range = plan_->drawn(seat.partition, turn.step);
  range.last = std::min(range.last, range.first + turn.rows);
  turn.rows = range.size();
  const Batch batch{seat.shard.rows(), seat.sampler.draw(epoch, range.first, range.last)};
  Partial partial = plan_->descends ? descend(seat, batch, draws) : differentiate(batch, draws);
  // An unchanged replica still weighs in a mean of replicas; no rows, no gradient.
  partial.partitions = plan_->descends || batch.size() > 0 ? 1 : 0;
  partial.rows = batch.size();
  return partial;
}

Partial Worker::differentiate(const Batch& batch, std::uint64_t draws) {
  const std::span<const float> model =
      mirror_.size() > 0 ? std::as_const(mirror_).values() : pulled_.values();
  Partial partial;
  partial.gradients = scratch_.take();
  partial.loss =
      plan_->model->gradient(model, batch, plan_->schedule.rate(draws), partial.gradients);
  return partial;
}

Partial Worker::descend(Seat& seat, const Batch& batch, std::uint64_t draws) {
  Partial partial;
  partial.states =
      Block::copy_of(mirror_.size() > 0 ? std::as_const(mirror_).values() : pulled_.values());
  Replica replica{.values = partial.states.values()};
  const std::uint64_t per_step = plan_->batch * (plan_->rounds ? plan_->partitions : 1);
  rates_.clear();
  for (std::uint64_t first = 0; first < batch.size(); first += plan_->batch)
    rates_.push_back(plan_->schedule.rate(draws + rates_.size() * per_step));
  if (seat.update == nullptr) {
    partial.loss = plan_->model->descend(replica, batch, plan_->batch, rates_);
    replica.settle();
    return partial;
  }
  Accumulator sum = scratch_.take();
  for (std::size_t step = 0; step < rates_.size(); ++step) {
    const std::size_t first = step * plan_->batch;
    const std::size_t count = std::min<std::size_t>(plan_->batch, batch.size() - first);
    const Batch part{batch.rows, batch.picks.subspan(first, count)};
    partial.loss += plan_->model->gradient(replica.values, part, rates_[step], sum);
    seat.update->apply(replica.values, sum, 1.0F / static_cast<float>(count), rates_[step]);
    sum.clear();
  }
  scratch_.give(std::move(sum));
  return partial;
}

void Worker::push(Context& context, TreeSum<Partial>& sums, std::vector<Turn> turns,
                  std::uint64_t rows) {
  context.spend(rows);
  computed_ += rows;
  Push push{.based_on = version_, .computed = computed_};
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
    const RowRange range = plan_->drawn(seat.partition, step);
    const std::uint64_t epoch = step / plan_->exchanges_per_epoch(seat.partition);
    plan_->model->reads({seat.shard.rows(), seat.sampler.draw(epoch, range.first, range.last)},
                        seen_);
  }
  std::vector<std::uint32_t> features(seen_.touched().begin(), seen_.touched().end());
  seen_.clear();
  return features;
}

}  // namespace troupe
