/// What the aggregator makes of a push: whether it was asked for, what is in it, and whether
/// its numbers are any good. When they are applied is not decided here.
#include <algorithm>
#include <utility>

#include "actors/aggregator.hpp"

namespace troupe {
namespace {

std::uint64_t rows_of(const std::vector<Turn>& turns) {
  std::uint64_t rows = 0;
  for (const Turn& turn : turns) rows += turn.rows;
  return rows;
}

}  // namespace

void Aggregator::on(Context& context, ActorId from, Push push) {
  if (!colleagues_.contains(from) || ended_) return;
  if (!shards_) return consider(context, from, std::move(push), true);
  if (push.turns.empty() || lost_.contains(from)) return;
  give_up(shards_->gathering.add(from, std::move(push)));
  take_gathered(context);
}

void Aggregator::consider(Context& context, ActorId from, Push push, bool sound) {
  if (ended_) return;
  Colleague& colleague = colleagues_.at(from);
  if (push.crew.empty()) ledger_.computed(from, push.computed);
  for (const WorkerCount& one : push.crew) ledger_.computed(one.worker, one.rows);
  const bool wanted = expected(from, push);
  ledger_.moved(from, push.bytes_moved);
  if (wanted) step_ends(context, from, push.turns.size());
  std::vector<Partial> parts;
  // Decoded even when nobody wants it: a codec that remembers must see every message.
  sound = decode(colleague, push, wanted, parts) && sound;
  if (!wanted) {
    if (shards_) shards_->direction.useless(name_of(from, push));
    ledger_.discard("late", rows_of(push.turns));
    if (!push.crew.empty() && plan_->rounds) give_again(context, from, push.turns);
    return;
  }
  keep_wishes(push);
  if (sound)
    colleagues_[author(from, push)].refused_in_a_row = 0;
  else
    refuse(context, author(from, push), parts);
  if (!sound) colleague.wants_all = true;  // its replica is no good either
  if (shards_) shards_->direction.take(from, push, sound, plan_->rounds);
  if (!ended_) take(context, push, std::move(parts));
}

bool Aggregator::expected(ActorId from, const Push& push) const {
  std::uint64_t rows = 0;
  std::vector<std::uint32_t> partitions;
  for (const Turn& turn : push.turns) {
    if (turn.partition >= seats_.size()) return false;
    const Seat& seat = seats_[turn.partition];
    if (seat.holder != from || seat.due.empty() || seat.step != turn.step) return false;
    if (!seat.due.front().given || turn.rows > seat.due.front().rows) return false;
    partitions.push_back(turn.partition);
    rows += turn.rows;
  }
  for (const Contribution& part : push.contributions) {
    // Outside of rounds nothing is merged on the way; and nothing is about no partition at all.
    if (part.level > (plan_->rounds ? 31U : 0U)) return false;
    if (std::uint64_t{part.index} << part.level >= plan_->partitions) return false;
    rows -= part.rows;
  }
  std::ranges::sort(partitions);
  if (std::ranges::adjacent_find(partitions) != partitions.end()) return false;
  return rows == 0 && partitions == covered(push.contributions, plan_->partitions);
}

bool Aggregator::decode(Colleague& colleague, Push& push, bool wanted,
                        std::vector<Partial>& parts) {
  bool sound = true;
  for (Contribution& part : push.contributions) {
    ledger_.received(payload_bytes(part.payload));
    Partial& partial = parts.emplace_back();
    // A codec that remembers keeps what it read for each place: there are only so many.
    if (part.level > 31 || std::uint64_t{part.index} << part.level >= plan_->partitions) {
      sound = false;
      continue;
    }
    // What nobody wants must not use up the list that somebody else's answer needs.
    if (wanted && std::holds_alternative<AlignedValues>(part.payload))
      partial.entries.features = aligned_with(push, part);
    sound = intake_.read(*colleague.codec, part, partial) && sound;
  }
  return sound;
}

Features Aggregator::aligned_with(const Push& push, const Contribution& part) {
  const auto turn = std::ranges::find(push.turns, part.index, &Turn::partition);
  if (part.level != 0 || turn == push.turns.end() || part.index >= seats_.size()) return {};
  Seat& seat = seats_[part.index];
  if (seat.step != turn->step || seat.due.empty()) return {};
  return std::exchange(seat.due.front().features, {});
}

// A wish for what does not exist is none: its turn gets the whole model.
void Aggregator::keep_wishes(Push& push) {
  for (Wish& wish : push.wishes) {
    ledger_.received(wish.features.size() * sizeof(std::uint32_t));
    if (std::ranges::find(push.turns, wish.partition, &Turn::partition) == push.turns.end() ||
        !intake_.known(wish.features))
      continue;
    std::vector<Wish>& wishes = seats_[wish.partition].wishes;
    if (wishes.size() >= plan_->ahead) wishes.erase(wishes.begin());
    wishes.push_back(std::move(wish));
  }
}

ActorId Aggregator::author(ActorId from, const Push& push) {
  return push.crew.size() == 1 ? push.crew.front().worker : from;
}

void Aggregator::give_again(Context& context, ActorId branch, const std::vector<Turn>& turns) {
  std::vector<Turn> again;
  for (const Turn& turn : turns) {
    if (turn.partition >= seats_.size()) continue;
    const Seat& seat = seats_[turn.partition];
    if (seat.holder == branch && !seat.due.empty() && seat.step == turn.step)
      again.push_back(give(turn.partition, 0));
  }
  if (!again.empty()) answer(context, branch, std::move(again), publication_.dense());
}

void Aggregator::refuse(Context& context, ActorId worker, std::vector<Partial>& parts) {
  std::uint64_t rows = 0;
  for (Partial& part : parts) {
    rows += part.rows;
    refused_partitions_ += std::max<std::uint32_t>(1, part.partitions);
    part = Partial();
  }
  ledger_.discard("not finite", rows);
  const Refused refused{.worker = worker,
                        .update = updates_,
                        .rate = plan_->schedule.rate(ledger_.delivered()),
                        .diverged = refused_partitions_ * 2 > plan_->partitions,
                        .excluded = ++colleagues_[worker].refused_in_a_row >= 3};
  context.send(Plan::coordinator, refused);
  if (refused.diverged) finish(context);
}

void Aggregator::take(Context& context, const Push& push, std::vector<Partial> parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Contribution& part = push.contributions[i];
    Partial& partial = parts[i];
    if (plan_->rounds) {
      round_.insert({.level = part.level, .index = part.index}, std::move(partial));
      continue;
    }
    partial.partition = part.index;
    partial.based_on = push.based_on;
    if (plan_->remembers) partial.pulled = std::move(seats_[part.index].due.front().pulled);
    if (plan_->holds)
      hold(part.index, std::move(partial));
    else if (standing_)
      let_stand(partial);
    else
      absorb(context, partial);
  }
  for (const Turn& turn : push.turns) arrive(context, turn);
  look_around(context);
}

}  // namespace troupe
