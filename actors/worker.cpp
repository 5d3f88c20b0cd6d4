#include "actors/worker.hpp"

#include <algorithm>

#include "actors/entries.hpp"
#include "actors/round_sum.hpp"
#include "base/check.hpp"
#include "base/finite.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

std::size_t entries_in(const Batch& batch) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) count += batch[i].size;
  return count;
}

}  // namespace

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
    const Cursor from = plan.origin(p);
    epochs_begun = from.epoch + (from.position > 0 ? 1 : 0);
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
  Block replica = {};  ///< as the last descent left it, where it goes on from there
  std::uint64_t epochs_begun = 0;
  /// Somebody else holds it; answers that were on their way may still list it.
  bool given_away = false;
  void give_away() {
    given_away = true;
    feed.reset();
    update.reset();
  }
  /// How long the lists of its wishes were, by step: answers say nothing but values.
  std::deque<std::pair<std::uint64_t, std::size_t>> wished;
};

Worker::Worker(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)),
      codec_(plan_->codec()),
      merge_(plan_->keeps ? plan_->merge() : nullptr),
      descent_(*plan_),
      scratch_(plan_->parameters),
      seen_(plan_->pull == PullKind::sparse && !plan_->entrywise ? plan_->parameters : 0),
      update_(plan_->asks || plan_->reply == ReplyKind::gradient ? plan_->update() : nullptr) {
  if (plan_->shards() > 1) assembly_.emplace(plan_->cuts, plan_->deposits_max());
}

Worker::~Worker() = default;

bool Worker::holds_something() const {
  return std::ranges::any_of(seats_, [](const auto& seat) { return !seat.second->given_away; });
}

void Worker::on(Context& context, ActorId, Lease lease) {
  if (lease.no_others)
    for (auto& [p, seat] : seats_)
      if (!std::ranges::count(lease.partitions, p)) seat->give_away();
  try {
    for (const std::uint32_t p : lease.partitions) {
      const auto held = seats_.find(p);
      if (held != seats_.end() && !held->second->given_away && lease.no_others) continue;
      auto seat = std::make_unique<Seat>(*plan_, p);
      // Answers to what it wished for may still be under way.
      if (held != seats_.end()) seat->wished = std::move(held->second->wished);
      seats_[p] = std::move(seat);
    }
  } catch (const UserError& error) {
    context.send(Plan::coordinator,
                 Failed{.exit_code = static_cast<int>(error.code()), .line = error.what()});
    return;
  }
  holder_ = plan_->above(context.self());
  context.send(holder_, Pull{.known_version = 0,
                             .partitions = std::move(lease.partitions),
                             .no_others = lease.no_others,
                             .lease = lease.number});
  if (plan_->asks) told_at_ = context.now();
}

void Worker::on(Context& context, ActorId, Parameters parameters) {
  if (!assembly_) return begin(context, std::move(parameters));
  arriving_.push_back(std::move(parameters));
  put_together(context);
}

void Worker::begin(Context& context, Parameters parameters) {
  try {
    if (!fits(parameters.payload))
      throw UserError(ExitCode::cluster, plan_->name_of(context.self()) + ": what " +
                                             plan_->name_of(plan_->aggregator()) +
                                             " sent does not fit a model of " +
                                             std::to_string(plan_->parameters) +
                                             " parameters; is its process what it should be?");
    if (plan_->asks) {
      pull_seconds_ = context.now() - told_at_;
      later_.push_back(std::move(parameters));
      if (!asked_) look_forward(context);  // else its turn goes on with the model it was begun with
      return;
    }
    install(parameters);
    draws_ = parameters.draws;
    if (!plan_->waits) return line_up(context, parameters.turns);
    take_turns(context, parameters.turns, parameters.draws);
  } catch (const UserError& error) {
    give_up(context, error);
  }
}

void Worker::give_up(Context& context, const UserError& error) {
  seats_.clear();
  turns_.clear();
  later_.clear();
  arriving_.clear();
  asked_.reset();
  context.send(Plan::coordinator,
               Failed{.exit_code = static_cast<int>(error.code()), .line = error.what()});
}

void Worker::on(Context& context, ActorId, Finish) {
  seats_.clear();
  turns_.clear();
  later_.clear();
  arriving_.clear();
  context.send(Plan::coordinator, Finished{.computed = computed_});
  context.finished();
}

void Worker::take_turns(Context& context, const std::vector<Turn>& turns, std::uint64_t draws) {
  if (!plan_->rounds) {
    for (std::size_t i = 0; i < turns.size(); ++i)
      take_turn(context, turns[i], draws, i + 1 == turns.size());
    return;
  }
  // A round's turns travel together, as merged as they can be.
  RoundSum sums(*plan_, scratch_);
  Push together;
  std::uint64_t rows = 0;
  for (Turn turn : turns) {
    Seat* const seat = held(turn);
    if (seat == nullptr) continue;
    Partial partial = compute(*seat, turn, draws);
    rows += partial.rows;
    together.turns.push_back(turn);
    sums.insert({.level = 0, .index = turn.partition}, std::move(partial));
  }
  give_back_model();
  if (together.turns.empty()) return;
  for (auto& [where, partial] : sums.take_parts()) add(together, where, partial);
  say(context, std::move(together), rows);
}

// What is not ours is not waited for; of an answer it takes its part all the same.
Worker::Seat* Worker::held(const Turn& turn) {
  const auto found = seats_.find(turn.partition);
  if (found == seats_.end()) return nullptr;
  if (!found->second->given_away) return found->second.get();
  if (is_aligned_) read_ += wished_for(*found->second, turn.step);
  return nullptr;
}

void Worker::take_turn(Context& context, Turn turn, std::uint64_t draws, bool last, float factor) {
  Seat* const seat = held(turn);
  if (seat == nullptr) return;
  Partial partial = compute(*seat, turn, draws);
  if (factor != 1.0F) partial.gradients.scale(factor);
  if (last) give_back_model();
  Push push;
  push.turns = {turn};
  const std::uint64_t taken = partial.rows;
  add(push, {.level = 0, .index = turn.partition}, partial);
  say(context, std::move(push), taken);
}

Worker::Draws Worker::drawn(std::uint32_t partition, std::uint64_t step) const {
  const Passage passage = plan_->passage(partition, step);
  return {.epoch = passage.epoch, .positions = passage.positions};
}

Partial Worker::compute(Seat& seat, Turn& turn, std::uint64_t draws) {
  if (is_aligned_) read_aligned(seat, turn.step);
  Draws wanted = drawn(seat.partition, turn.step);
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
  else if (plan_->entrywise)
    differentiate_entries(partial, seat, wanted, draws);
  else
    differentiate(partial, seat, wanted, draws);
  return partial;
}

double Worker::forward(Seat& seat, const Turn& turn) {
  Draws wanted = drawn(seat.partition, turn.step);
  wanted.positions.last = std::min(wanted.positions.last, wanted.positions.first + turn.rows);
  Evaluation sum;
  seat.draw(wanted, [&](const Batch& piece) { sum += plan_->model->evaluate(model(), piece); });
  return sum.rows > 0 ? sum.loss_sum / static_cast<double>(sum.rows) : 0.0;
}

std::size_t Worker::wished_for(Seat& seat, std::uint64_t step) {
  std::erase_if(seat.wished, [step](const auto& wish) { return wish.first < step; });
  const auto wish = std::ranges::find(seat.wished, step, [](const auto& it) { return it.first; });
  TROUPE_CHECK((wish == seat.wished.end()), ==, false);
  return wish->second;
}

// One turn's answer is taken as it is, those of several are cut apart.
void Worker::read_aligned(Seat& seat, std::uint64_t step) {
  const std::size_t count = wished_for(seat, step);
  TROUPE_CHECK(read_ + count, <=, aligned_.size());
  const std::span<const float> from = std::span(aligned_).subspan(read_, count);
  if (!plan_->entrywise) {
    if (mirror_.size() == 0) mirror_ = Block::copy_of(std::exchange(pulled_, {}).values());
    const std::span<float> mirror = mirror_.values();
    std::size_t k = 0;
    features_of(seat, step).each([&](Features::Row row) {
      for (const std::uint32_t feature : row) mirror[feature] = from[k++];
    });
  } else if (count == aligned_.size()) {
    entries_ = std::move(aligned_);
    aligned_.clear();
    read_ = 0;  // whatever comes behind has no entries
    return;
  } else {
    entries_.assign(from.begin(), from.end());
  }
  read_ += count;
}

void Worker::differentiate_entries(Partial& partial, Seat& seat, const Draws& wanted,
                                   std::uint64_t draws) {
  const float rate = plan_->schedule.rate(draws);
  // Whoever answered our wish knows the list.
  const bool list = !is_aligned_ || !plan_->unsummed;
  Features features(seat.feed->keeper());
  std::size_t used = 0;
  seat.draw(wanted, [&](const Batch& piece) {
    const std::size_t first = used;
    if (list) plan_->model->list_entries(piece, features);
    used = list ? features.size() : first + entries_in(piece);
    if (!is_aligned_) {
      entries_.resize(used);
      gather(features, model(), entries_.data() + first, first);
    }
    TROUPE_CHECK(used, <=, entries_.size());
    partial.loss += plan_->model->gradient_of_entries(
        piece, rate, std::span(entries_).subspan(first, used - first));
  });
  entries_.resize(used);  // the quota may have cut the turn short
  if (plan_->unsummed) {
    partial.entries = {.features = std::move(features), .values = std::exchange(entries_, {})};
    return;
  }
  partial.gradients = scratch_.take();
  std::size_t k = 0;
  features.each([&](Features::Row row) {
    partial.gradients.touch(row);
    const std::span<float> sum = partial.gradients.values();
    for (const std::uint32_t feature : row) sum[feature] += entries_[k++];
  });
}

void Worker::differentiate(Partial& partial, Seat& seat, const Draws& wanted, std::uint64_t draws) {
  const float rate = plan_->schedule.rate(draws);
  partial.gradients = scratch_.take();
  seat.draw(wanted, [&](const Batch& piece) {
    partial.loss += plan_->model->gradient(model(), piece, rate, partial.gradients);
  });
}

void Worker::descend(Partial& partial, Seat& seat, const Draws& wanted, std::uint64_t draws) {
  partial.states = replica_of(seat);
  const Block start = plan_->moves ? Block::copy_of(partial.states.values()) : Block();
  const std::span<float> states = partial.states.values();
  partial.loss += descent_.run(states, {.feed = *seat.feed,
                                        .epoch = wanted.epoch,
                                        .positions = wanted.positions,
                                        .draws = draws,
                                        .update = seat.update.get()});
  if (plan_->keeps || plan_->pull_turns > 1)
    seat.replica = all_finite(states) ? Block::copy_of(states) : Block();
  if (plan_->moves)
    for (std::size_t i = 0; i < states.size(); ++i) states[i] -= start.values()[i];
}

Block Worker::replica_of(Seat& seat) const {
  if (seat.replica.size() == 0) return Block::copy_of(model());
  Block replica = std::exchange(seat.replica, {});
  if (merge_ != nullptr)
    merge_->meet(replica.values(), model());
  else if (brought_)
    return Block::copy_of(model());
  return replica;
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
  } else if (partial.entries.features.empty()) {
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
  push.bytes_moved = bytes_moved_;
  push.number = ++pushes_;
  if (plan_->pull == PullKind::sparse)
    for (const Turn& turn : push.turns)
      push.wishes.push_back(wish_for(*seats_.at(turn.partition), turn.step + plan_->ahead));
  if (assembly_) cut_up(context, push);
  context.send(holder_, std::move(push));
  if (plan_->asks) told_at_ = context.now();
}

Wish Worker::wish_for(Seat& seat, std::uint64_t step) {
  Wish wish{.partition = seat.partition, .step = step, .features = features_of(seat, step)};
  seat.wished.emplace_back(step, wish.features.size());
  return wish;
}

Features Worker::features_of(Seat& seat, std::uint64_t step) {
  Features features(plan_->entrywise ? seat.feed->keeper() : nullptr);
  seat.draw(drawn(seat.partition, step), [&](const Batch& piece) {
    if (plan_->entrywise)
      plan_->model->list_entries(piece, features);
    else
      plan_->model->reads(piece, seen_);
  });
  if (plan_->entrywise) return features;
  features.append(seen_.touched());
  seen_.clear();
  return features;
}

}  // namespace troupe
