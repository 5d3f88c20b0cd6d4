/// What the aggregator does at its gate: it holds what has come until a verdict names it,
/// and makes updates of what is named. It decides nothing itself.
#include <utility>

#include "actors/aggregator.hpp"
#include "base/check.hpp"

namespace troupe {

void Aggregator::arrive(Context& context, const Turn& turn) {
  Seat& seat = seats_[turn.partition];
  const std::uint64_t quota = seat.due.front().rows;
  seat.due.pop_front();
  ++seat.step;
  seat.waits = true;
  if (plan_->holds) {
    held_.at(turn.partition).quota += quota;
    ++held_.at(turn.partition).turns;
  } else {
    withdraw(quota);
  }
  const Verdict verdict = gate_->arrive(turn.partition, turn.step);
  if (verdict.late) discard_held(turn.partition);
  if (!plan_->waits && plan_->holds) waiting_.push_back(turn.partition);  // it is on its next one
  waiting_.insert(waiting_.end(), verdict.released.begin(), verdict.released.end());
  obey(context, verdict);
}

void Aggregator::withdraw(std::uint64_t quota, std::uint64_t turns) {
  offered_rows_ -= quota;
  offered_turns_ -= turns;
}

void Aggregator::obey(Context& context, const Verdict& verdict) {
  if (plan_->rounds) {
    if (!verdict.merge) return;
    std::optional<Partial> sum = round_.take_root();
    TROUPE_CHECK(sum.has_value(), ==, true);  // a gate of rounds opens when all are here
    absorb(context, *sum);
    refused_partitions_ = 0;
    return;
  }
  // A gate of rounds for workers that do not wait lets go of one contribution of each.
  const bool opens = plan_->together() && verdict.merge;
  const bool together = opens || verdict.together;
  Partial sum;
  for (const std::uint32_t partition : opens ? verdict.released : verdict.applied) {
    Partial partial = std::move(held_.extract(partition).mapped());
    withdraw(partial.quota, partial.turns);
    if (together && shards_) shards_->direction.name(partition);
    if (together) {
      if (partial.rows > 0) ledger_.staleness(publication_.version() - partial.based_on);
      add_partial(sum, std::move(partial), scratch_);
    } else {
      absorb(context, partial);
    }
  }
  if (!together) return;
  absorb(context, sum, true);
  opened_ = true;
}

void Aggregator::hold(std::uint32_t partition, Partial partial) {
  const auto [place, first] = held_.try_emplace(partition);
  Partial& held = place->second;
  if (first) {
    held = std::move(partial);
    return;
  }
  if (partial.rows == 0) return recycle(partial);  // refused, or nothing was left to draw
  // Who does not wait has sent another one before the gate opened.
  const std::uint64_t older = held.rows + held.folded;
  const bool stays = older > 0 && merge_->fold(held.gradients, partial.gradients);
  if (older == 0) std::swap(held.gradients, partial.gradients);
  if (!stays) {
    ledger_.discard("overwritten", older);
    withdraw(std::exchange(held.quota, 0), std::exchange(held.turns, 0));  // drawn anew
  }
  held.folded = stays ? older : 0;
  held.loss = partial.loss + (stays ? held.loss : 0);
  held.rows = partial.rows;
  held.partitions = partial.partitions;
  held.based_on = partial.based_on;
  recycle(partial);
}

void Aggregator::discard_held(std::uint32_t partition) {
  Partial partial = std::move(held_.extract(partition).mapped());
  withdraw(partial.quota, partial.turns);
  ledger_.discard("late", partial.rows);
  if (shards_) {
    shards_->direction.name(partition);
    shards_->direction.discard();
  }
  recycle(partial);
}

void Aggregator::remember(Partial& partial, float rate) {
  merged_ = {
      .version = publication_.version(),
      .factor = merge_->gradient_factor({.rows = partial.rows, .partitions = partial.partitions}),
      .rate = rate};
  std::swap(merged_sum_, partial.gradients);
}

bool Aggregator::answer_gradient(Context& context, ActorId worker, std::vector<Turn>& turns) {
  Colleague& colleague = colleagues_.at(worker);
  const bool next = colleague.known_version + 1 == merged_.version;
  if (colleague.wants_all || !next || merged_.version != publication_.version()) return false;
  if (colleague.reply_codec == nullptr) colleague.reply_codec = plan_->reply_codec();
  Merged merged = merged_;
  merged.draws = ledger_.delivered();
  merged.turns = std::move(turns);
  merged.payload = colleague.reply_codec->encode({}, merged_sum_);
  colleague.known_version = merged.version;
  ledger_.sent(payload_bytes(merged.payload));
  step_begins(context, worker, merged.turns.size());
  context.send(worker, std::move(merged));
  return true;
}

// Whoever asks is answered, or it would wait; what is not expected gets no compensation.
void Aggregator::on(Context& context, ActorId from, Outlook outlook) {
  if (ended_ || !plan_->asks) return;
  Advice advice{.partition = outlook.partition, .step = outlook.step};
  if (outlook.partition < seats_.size()) {
    const Seat& seat = seats_[outlook.partition];
    if (seat.holder == from && !seat.due.empty() && seat.step == outlook.step)
      advice = update_->advise(outlook);
  }
  context.send(from, advice);
}

void Aggregator::tell_all(std::map<ActorId, std::vector<Turn>>& turns) {
  for (const Seat& seat : seats_)
    if (seat.holder) turns.try_emplace(*seat.holder);
}

}  // namespace troupe
