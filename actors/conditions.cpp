/// What each of the actors says of itself to those who watch a run: its phase, and whom it
/// waits for. Nothing here changes an actor.
#include <algorithm>
#include <map>

#include "actors/aggregator.hpp"
#include "actors/branch.hpp"
#include "actors/census.hpp"
#include "actors/coordinator.hpp"
#include "actors/evaluator.hpp"
#include "actors/peer.hpp"
#include "actors/ring_peer.hpp"
#include "actors/sharer.hpp"
#include "actors/slice_holder.hpp"
#include "actors/worker.hpp"

namespace troupe {

// Whoever asks finds it between two turns: it has said what it had to say.
void Worker::describe(Condition& condition) const {
  if (!holds_something()) {
    condition.phase = "holds nothing";
    return;
  }
  condition.phase = version_ == 0 ? "joining" : "training";
  condition.credit = static_cast<std::int64_t>(turns_.size());
  if (!arriving_.empty()) {
    const std::uint64_t version = arriving_.front().version;
    for (const std::size_t k : assembly_->missing(version))
      condition.waits.push_back({.on = plan_->aggregator() + static_cast<ActorId>(k),
                                 .message = "its slice of version " + std::to_string(version),
                                 .mark = version});
    return;
  }
  condition.waits.push_back(
      {.on = plan_->aggregator(),
       .message = version_ == 0 ? "the first parameters"
                                : "parameters after version " + std::to_string(version_),
       .mark = computed_ + version_});
}

void Aggregator::describe(Condition& condition) const {
  condition.steps = updates_;
  condition.phase = ended_ ? "ended" : stopping_ ? "stopping" : "training";
  for (std::uint32_t p = 0; p < seats_.size(); ++p)
    if (seats_[p].holder) ledger_.add_staleness(p, *seats_[p].holder, condition.staleness);
  if (shards_) describe_shards(condition);
  if (ended_) return;
  if (awaiting_verdict_) {
    condition.phase = "awaiting a verdict";
    condition.waits.push_back({.on = Plan::evaluator,
                               .message = "evaluation of epoch " + std::to_string(epoch_),
                               .mark = epoch_});
    return;
  }
  std::map<ActorId, std::uint64_t> awaited;  // the oldest step of each that owes one
  for (const Seat& seat : seats_) {
    if (!seat.holder || seat.due.empty() || !seat.due.front().given) continue;
    const auto [place, added] = awaited.try_emplace(*seat.holder, seat.step);
    if (!added) place->second = std::min(place->second, seat.step);
  }
  for (const auto& [worker, step] : awaited)
    condition.waits.push_back(
        {.on = worker, .message = "push of step " + std::to_string(step), .mark = step});
}

void Aggregator::describe_shards(Condition& condition) const {
  if (!shards_->collecting.empty()) {
    const std::uint64_t version = shards_->collecting.front().version;
    for (const std::size_t k : shards_->assembly.missing(version))
      condition.waits.push_back({.on = plan_->aggregator() + static_cast<ActorId>(k),
                                 .message = "its slice of version " + std::to_string(version),
                                 .mark = version});
  }
  for (const std::size_t k : shards_->gathering.awaited())
    condition.waits.push_back({.on = plan_->aggregator() + static_cast<ActorId>(k + 1),
                               .message = "word of its deposit of a push",
                               .mark = ledger_.delivered()});
}

void SliceHolder::describe(Condition& condition) const {
  condition.phase = ended_ ? "ended" : "holding a slice";
  condition.steps = updates_;
}

void Evaluator::describe(Condition& condition) const {
  if (!tasks_.empty())
    condition.phase = "scoring epoch " + std::to_string(tasks_.front().what.epoch);
}

void Coordinator::describe(Condition& condition) const {
  condition.phase = closed_ ? "ended" : outcome_ ? "stopping" : "training";
  if (closed_ || !outcome_) return;
  if (!final_) {
    condition.waits.push_back({.on = plan_->keeper(), .message = "the final model"});
    return;
  }
  if (!scored_)
    condition.waits.push_back({.on = Plan::evaluator, .message = "score of the final model"});
  for (const auto& [worker, crew] : crew_)
    if (crew.alive && !crew.answered)
      condition.waits.push_back({.on = worker, .message = "its last word"});
}

void Peer::describe(Condition& condition) const {
  condition.phase = ended_ ? "ended" : feed_ == nullptr ? "holds nothing" : "training";
  condition.steps = exchange_;
  condition.staleness.push_back({.actor = Plan::first_drawn + place_, .counts = tally_.staleness});
  if (!waiting_) return;
  for (const MixingWeight& part : conversation_.hears(place_, exchange_)) {
    const auto slot = slots_.find(part.from);
    if (part.from == place_ || (slot != slots_.end() && slot->second.contains(exchange_))) continue;
    condition.waits.push_back({.on = Plan::first_drawn + part.from,
                               .message = "state of exchange " + std::to_string(exchange_),
                               .mark = exchange_});
  }
}

void Branch::describe(Condition& condition) const {
  condition.phase = "adding up";
  std::map<ActorId, std::uint64_t> awaited;
  for (const auto& [partition, step] : out_)
    if (const auto holder = holders_.find(partition); holder != holders_.end())
      awaited[holder->second.child] = step;
  for (const auto& [child, step] : awaited)
    condition.waits.push_back(
        {.on = child, .message = "push of step " + std::to_string(step), .mark = step});
}

void RingPeer::describe(Condition& condition) const {
  condition.phase = ended_ ? "ended" : "training";
  condition.steps = round_;
  if (ended_ || !reducing_) return;
  condition.waits.push_back(
      {.on = Plan::first_drawn + (place_ + peers_ - 1) % peers_,
       .message = "part " + std::to_string(hop_) + " of round " + std::to_string(round_),
       .mark = round_ * peers_ * 4 + hop_});
}

// It asks nobody for leave.
void Sharer::describe(Condition& condition) const {
  condition.phase = ended_ ? "ended" : feed_ == nullptr ? "holds nothing" : "training";
}

// Only where some have said their last word are the others waited for.
void Census::describe(Condition& condition) const {
  condition.phase = ended_ ? "ended" : "counting";
  const auto over = [](const auto& entry) { return entry.second.last; };
  if (ended_ || std::ranges::none_of(tallies_, over)) return;
  for (const auto& [peer, tally] : tallies_)
    if (!tally.last) condition.waits.push_back({.on = peer, .message = "its last state"});
}

}  // namespace troupe
