#include "actors/slice_holder.hpp"

#include <algorithm>
#include <utility>

#include "actors/handover.hpp"
#include "actors/round_sum.hpp"
#include "base/user_error.hpp"

namespace troupe {

SliceHolder::SliceHolder(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)),
      exchange_(plan_->exchange()),
      update_(plan_->update()),
      merge_(plan_->merge()),
      codec_(plan_->codec()),
      publication_(plan_->parameters, plan_->pull),
      scratch_(plan_->parameters),
      intake_(*plan_, scratch_) {
  plan_->begin(publication_.model());
  take_over(*update_, *plan_);
  if (!plan_->opening) return;
  publication_.open(plan_->opening->version);
  updates_ = plan_->opening->progress.updates;
}

void SliceHolder::on(Context& context, ActorId from, Deposit deposit) {
  const std::uint32_t place = from - Plan::first_drawn;
  if (place >= plan_->drawing.nodes.size() || plan_->drawing.nodes[place].role != Role::worker)
    return;
  deposit.name.worker = from;
  Deposited kept{.name = deposit.name,
                 .payloads = static_cast<std::uint32_t>(deposit.payloads.size())};
  for (const Payload& payload : deposit.payloads) kept.bytes += payload_bytes(payload);
  forget(deposit.name);
  std::vector<Partial> parts;
  kept.sound = read(deposit, parts);
  deposits_[deposit.name] = std::move(parts);
  make_room(from);
  context.send(plan_->aggregator(), kept);
}

bool SliceHolder::read(Deposit& deposit, std::vector<Partial>& parts) {
  if (deposit.payloads.size() > plan_->partitions) return false;
  bool sound = true;
  for (Payload& payload : deposit.payloads) {
    Contribution part{.payload = std::move(payload)};
    sound = intake_.read(*codec_, part, parts.emplace_back()) && sound;
  }
  return sound;
}

void SliceHolder::make_room(ActorId worker) {
  std::vector<DepositName> theirs;
  for (auto at = deposits_.lower_bound({.worker = worker});
       at != deposits_.end() && at->first.worker == worker; ++at)
    theirs.push_back(at->first);
  if (theirs.size() <= plan_->deposits_max()) return;
  forget(*std::ranges::min_element(theirs, {}, &DepositName::number));
}

void SliceHolder::forget(const DepositName& name) {
  auto deposit = deposits_.extract(name);
  if (deposit.empty()) return;
  for (Partial& part : deposit.mapped())
    if (part.gradients.size() > 0) scratch_.give(std::move(part.gradients));
}

// Whoever decides speaks for all slices, and alone.
void SliceHolder::on(Context& context, ActorId from, const Order& order) {
  if (from != plan_->aggregator()) return;
  if (!ended_ && !order.parts.empty() && !update(context, order)) {
    ended_ = true;
    context.send(Plan::coordinator,
                 Failed{.exit_code = static_cast<int>(ExitCode::cluster),
                        .line = plan_->name_of(context.self()) + ": what " + plan_->name_of(from) +
                                " orders for version " + std::to_string(order.version) +
                                " of the model is not here; is its process what it should be?"});
  }
  for (const DepositName& name : order.useless) forget(name);
  for (const ActorId listener : order.listeners)
    context.send(listener, Slice{.version = order.version,
                                 .values = publication_.snapshot(),
                                 .memory = order.rests && listener == from ? memory_of(*update_)
                                                                           : SharedBlock()});
}

bool SliceHolder::has(const OrderedPart& part) const {
  const auto deposit = deposits_.find(part.name);
  return !part.sound || (deposit != deposits_.end() && part.which < deposit->second.size());
}

Partial SliceHolder::take(const OrderedPart& part) {
  if (!part.sound) return Partial();
  return std::exchange(deposits_.at(part.name)[part.which], Partial());
}

Partial SliceHolder::sum_of(const Order& order) {
  Partial sum;
  if (plan_->rounds) {
    RoundSum round(*plan_, scratch_);
    for (const OrderedPart& part : order.parts)
      round.insert({.level = part.level, .index = part.index}, take(part));
    if (auto root = round.take_root()) sum = std::move(*root);
  } else {
    for (const OrderedPart& part : order.parts) add_partial(sum, take(part), scratch_);
  }
  for (const OrderedPart& part : order.parts) forget(part.name);
  return sum;
}

bool SliceHolder::update(Context& context, const Order& order) {
  if (order.version != publication_.version() + 1) return false;
  if (!std::ranges::all_of(order.parts, [this](const auto& part) { return has(part); }))
    return false;
  Partial sum = sum_of(order);
  if (sum.gradients.size() == 0 && sum.states.size() == 0) return false;
  update_->about({.partition = order.partition, .staleness = order.staleness});
  const bool finite =
      exchange_->absorb({.model = publication_.model(),
                         .gradients = plan_->descends ? nullptr : &sum.gradients,
                         .states = std::as_const(sum.states).values(),
                         .arrived = {.rows = order.rows, .partitions = order.partitions},
                         .partitions = plan_->partitions,
                         .round = !order.alone,
                         .rate = order.rate},
                        *merge_, *update_);
  publication_.advance();
  if (!finite)
    context.send(
        plan_->aggregator(),
        Refused{
            .worker = context.self(), .update = updates_, .rate = order.rate, .diverged = true});
  ++updates_;
  if (sum.gradients.size() > 0) scratch_.give(std::move(sum.gradients));
  return true;
}

}  // namespace troupe
