/// What the aggregator does where others hold further slices of its model: it looks at a push
/// once all have their deposits of it, tells them what it makes of each, and gathers the whole
/// model for those who need it. The others decide nothing.
#include <algorithm>
#include <utility>

#include "actors/aggregator.hpp"

namespace troupe {
namespace {

SharedBlock& model_of(Message& message) {
  if (auto* evaluate = std::get_if<Evaluate>(&message)) return evaluate->model;
  return std::get<Final>(message).model;
}

/// What of a message others have parts of, as a slice.
Slice slice_in(Message& message, std::uint64_t version) {
  const auto* final = std::get_if<Final>(&message);
  return {.version = version,
          .values = model_of(message),
          .memory = final == nullptr ? SharedBlock() : final->memory};
}

}  // namespace

Aggregator::Shards::Shards(const Plan& plan)
    : gathering(plan.shards() - 1, plan.deposits_max()), assembly(plan.cuts, plan.deposits_max()) {}

void Aggregator::on(Context& context, ActorId from, Deposited kept) {
  const std::size_t other = from - context.self() - 1;
  if (!shards_ || other + 1 >= plan_->shards() || ended_) return;
  if (lost_.contains(kept.name.worker))
    shards_->direction.useless(kept.name);
  else
    give_up(shards_->gathering.kept(other, kept));
  take_gathered(context);
}

void Aggregator::take_gathered(Context& context) {
  while (auto gathered = shards_->gathering.next()) {
    ledger_.received(gathered->bytes);
    consider(context, gathered->from, std::move(gathered->push), gathered->sound);
  }
}

// Not all of its deposits came, and it is counted as what came too late.
void Aggregator::give_up(std::optional<Gathering::Gathered> gathered) {
  if (!gathered) return;
  shards_->direction.useless(name_of(gathered->from, gathered->push));
  std::uint64_t rows = 0;
  for (const Turn& turn : gathered->push.turns) rows += turn.rows;
  if (rows > 0) ledger_.computed(gathered->from, gathered->push.computed);
  ledger_.discard("late", rows);
}

void Aggregator::direct(Context& context) {
  for (Order& order : shards_->direction.take_orders())
    for (std::uint32_t k = 1; k < plan_->shards(); ++k) context.send(context.self() + k, order);
}

void Aggregator::hand_over(Context& context, ActorId to, Message message) {
  if (!shards_) return context.send(to, std::move(message));
  auto* const final = std::get_if<Final>(&message);
  if (shards_->torn) {
    model_of(message) = {};
    if (final != nullptr) final->fenced = false;
    return context.send(to, std::move(message));
  }
  if (final != nullptr && final->fenced)
    shards_->direction.rest(context.self(), publication_.version());
  else
    shards_->direction.tell(context.self(), publication_.version());
  shards_->collecting.push_back(
      {.version = publication_.version(), .to = to, .message = std::move(message)});
}

void Aggregator::end_torn(Context& context) {
  if (std::exchange(shards_->torn, true)) return;
  for (Shards::Collected& waiting : std::exchange(shards_->collecting, {}))
    if (waiting.to == Plan::coordinator) hand_over(context, waiting.to, std::move(waiting.message));
  if (!ended_) finish(context);
}

void Aggregator::on(Context& context, ActorId from, Slice slice) {
  if (!shards_ || !shards_->assembly.add(from - context.self(), std::move(slice))) return;
  std::deque<Shards::Collected>& collecting = shards_->collecting;
  while (!collecting.empty()) {
    Shards::Collected& next = collecting.front();
    auto whole = shards_->assembly.whole(slice_in(next.message, next.version));
    if (!whole) return;
    model_of(next.message) = std::move(whole->values);
    if (auto* final = std::get_if<Final>(&next.message)) final->memory = std::move(whole->memory);
    context.send(next.to, std::move(next.message));
    collecting.pop_front();
  }
}

// A slice overflowed. Where the model is on its way to its end already, it is said before.
void Aggregator::on(Context& context, ActorId from, Refused refused) {
  const std::uint32_t other = from - context.self();
  if (!shards_ || other == 0 || other >= plan_->shards()) return;
  const bool handed_over = ended_ && shards_->collecting.empty();
  if (handed_over || std::exchange(shards_->overflowed, true)) return;
  context.send(Plan::coordinator, refused);
  if (!ended_) finish(context);
}

}  // namespace troupe
