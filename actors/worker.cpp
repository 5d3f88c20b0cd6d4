#include "actors/worker.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/kernels/kernels.hpp"
#include "base/user_error.hpp"
#include "messages/visit.hpp"

namespace troupe {
namespace {

std::size_t entries_in(const Batch& batch) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) count += batch[i].size;
  return count;
}

}  // namespace

/// A partition on lease: its rows and their order, made from the plan alone, and
/// the update rule's state, which starts anew with a new holder.
struct Worker::Seat {
  Seat(const Plan& plan, std::uint32_t p)
      : partition(p),
        shard(plan.data->load(plan.partition(p))),
        sampler(plan.sampler, plan.seed, p, static_cast<std::uint32_t>(shard.rows().size())) {
    if (plan.descends && !plan.plain) update = plan.update();
  }

  /// The rows of one exchange.
  Batch rows(const Plan& plan, std::uint64_t step) {
    const RowRange range = plan.drawn(partition, step);
    const std::uint64_t epoch = step / plan.exchanges_per_epoch(partition);
    return {shard.rows(), sampler.draw(epoch, range.first, range.last)};
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
      seen_(plan_->pull == PullKind::sparse && !plan_->entrywise ? plan_->parameters : 0) {}

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
  Push together;
  std::uint64_t rows = 0;
  for (Turn turn : parameters.turns) {
    const auto seat = seats_.find(turn.partition);
    if (seat == seats_.end()) continue;  // not ours: nobody would wait for it
    Partial partial = compute(*seat->second, turn, parameters.draws);
    const Subtree here{.level = 0, .index = turn.partition};
    if (!plan_->rounds) {
      Push alone;
      alone.turns = {turn};
      const std::uint64_t taken = partial.rows;
      add(alone, here, partial);
      say(context, std::move(alone), taken);
      continue;
    }
    // A round's turns travel together, as merged as they can be.
    rows += partial.rows;
    together.turns.push_back(turn);
    sums.insert(here, std::move(partial), [this](Partial& left, Partial right) {
      add_partial(left, std::move(right), scratch_);
    });
  }
  // Its entries were taken out: the block may serve the next answer while it is warm.
  if (plan_->entrywise && plan_->pull != PullKind::changed) pulled_ = {};
  if (together.turns.empty()) return;
  for (auto& [where, partial] : sums.take_parts()) add(together, where, partial);
  say(context, std::move(together), rows);
}

void Worker::on(Context& context, ActorId, Finish) {
  context.send(Plan::coordinator, Finished{.computed = computed_});
  context.finished();
}

void Worker::install(Parameters& parameters) {
  version_ = parameters.version;
  is_aligned_ = std::holds_alternative<AlignedValues>(parameters.payload);
  read_ = 0;
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
                      [&](ChangedValues& listed) { scatter(listed); },
                      [this](AlignedValues& aligned) { aligned_ = std::move(aligned.values); }},
             parameters.payload);
}

Partial Worker::compute(Seat& seat, Turn& turn, std::uint64_t draws) {
  const Batch rows = seat.rows(*plan_, turn.step);
  turn.rows = std::min<std::uint64_t>(turn.rows, rows.size());
  const Batch batch{rows.rows, rows.picks.first(turn.rows)};
  if (is_aligned_) plan_->entrywise ? take_aligned(rows, batch) : mirror_aligned(rows);
  Partial partial = plan_->descends    ? descend(seat, batch, draws)
                    : plan_->entrywise ? differentiate_entries(batch, draws)
                                       : differentiate(batch, draws);
  // An unchanged replica still weighs in a mean of replicas; no rows, no gradient.
  partial.partitions = plan_->descends || batch.size() > 0 ? 1 : 0;
  partial.rows = batch.size();
  return partial;
}

std::span<const float> Worker::model() const {
  return mirror_.size() > 0 ? mirror_.values() : pulled_.values();
}

// The quota may have cut the turn short, which nobody knew who asked.
void Worker::take_aligned(const Batch& rows, const Batch& batch) {
  const std::size_t all = entries_in(rows);
  TROUPE_CHECK(read_ + all, <=, aligned_.size());
  if (read_ == 0 && all == aligned_.size())
    entries_ = std::move(aligned_);
  else
    entries_.assign(aligned_.begin() + static_cast<std::ptrdiff_t>(read_),
                    aligned_.begin() + static_cast<std::ptrdiff_t>(read_ + all));
  entries_.resize(batch.size() == rows.size() ? all : entries_in(batch));
  read_ += all;
}

void Worker::mirror_aligned(const Batch& rows) {
  const std::vector<std::uint32_t> features = features_of(rows);
  TROUPE_CHECK(read_ + features.size(), <=, aligned_.size());
  if (mirror_.size() == 0) mirror_ = Block::copy_of(std::exchange(pulled_, {}).values());
  const std::span<float> mirror = mirror_.values();
  for (const std::uint32_t feature : features) mirror[feature] = aligned_[read_++];
}

Partial Worker::differentiate_entries(const Batch& batch, std::uint64_t draws) {
  std::vector<std::uint32_t> indices;
  // Whoever answered our wish knows the list.
  if (!is_aligned_ || !plan_->unsummed) plan_->model->list_entries(batch, indices);
  if (!is_aligned_) {
    entries_.resize(indices.size());
    kernels().gather(indices.data(), indices.size(), model().data(), entries_.data());
  }
  Partial partial;
  partial.loss = plan_->model->gradient_of_entries(batch, plan_->schedule.rate(draws), entries_);
  if (plan_->unsummed) {
    partial.entries = {.indices = std::move(indices), .values = std::exchange(entries_, {})};
    return partial;
  }
  partial.gradients = scratch_.take();
  partial.gradients.touch(indices);
  const std::span<float> sum = partial.gradients.values();
  for (std::size_t k = 0; k < indices.size(); ++k) sum[indices[k]] += entries_[k];
  return partial;
}

Partial Worker::differentiate(const Batch& batch, std::uint64_t draws) {
  Partial partial;
  partial.gradients = scratch_.take();
  partial.loss =
      plan_->model->gradient(model(), batch, plan_->schedule.rate(draws), partial.gradients);
  return partial;
}

Partial Worker::descend(Seat& seat, const Batch& batch, std::uint64_t draws) {
  Partial partial;
  partial.states = Block::copy_of(model());
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

void Worker::add(Push& push, Subtree where, Partial& partial) {
  Contribution part{.level = where.level,
                    .index = where.index,
                    .partitions = partial.partitions,
                    .rows = partial.rows,
                    .loss = partial.loss};
  if (plan_->descends) {
    part.payload = DenseValues{std::move(partial.states).freeze()};
  } else if (!plan_->unsummed) {
    part.payload = codec_->encode({.level = where.level, .index = where.index}, partial.gradients);
    scratch_.give(std::move(partial.gradients));
  } else if (partial.entries.indices.empty()) {
    part.payload = AlignedValues{std::move(partial.entries.values)};
  } else {
    part.payload = std::move(partial.entries);
  }
  push.contributions.push_back(std::move(part));
}

void Worker::say(Context& context, Push push, std::uint64_t rows) {
  context.spend(rows);
  computed_ += rows;
  push.based_on = version_;
  push.computed = computed_;
  if (plan_->pull == PullKind::sparse)
    for (const Turn& turn : push.turns) {
      const std::uint64_t step = turn.step + plan_->ahead;
      push.wishes.push_back(
          {.partition = turn.partition,
           .step = step,
           .features = features_of(seats_.at(turn.partition)->rows(*plan_, step))});
    }
  context.send(plan_->aggregator(), std::move(push));
}

std::vector<std::uint32_t> Worker::features_of(const Batch& batch) {
  std::vector<std::uint32_t> features;
  if (plan_->entrywise) {
    features.reserve(entries_in(batch));
    plan_->model->list_entries(batch, features);
    return features;
  }
  plan_->model->reads(batch, seen_);
  features.assign(seen_.touched().begin(), seen_.touched().end());
  seen_.clear();
  return features;
}

}  // namespace troupe
