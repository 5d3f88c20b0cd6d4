#include "actors/branch.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace troupe {

Branch::Branch(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)),
      codec_(plan_->codec()),
      scratch_(plan_->parameters),
      intake_(*plan_, scratch_),
      leases_(plan_->partitions),
      sums_(*plan_, scratch_) {}

void Branch::on(Context& context, ActorId from, Pull pull) {
  if (pull.worker == 0) pull.worker = from;
  auto& codec = codecs_[from];
  if (codec == nullptr) codec = plan_->codec();
  if (pull.no_others)
    for (std::uint32_t p = 0; p < plan_->partitions; ++p) {
      const auto held = holders_.find(p);
      if (held != holders_.end() && held->second.worker == pull.worker &&
          !std::ranges::count(pull.partitions, p))
        forget(p);
    }
  for (const std::uint32_t p : pull.partitions) {
    if (p >= plan_->partitions || pull.lease < leases_[p]) continue;
    leases_[p] = pull.lease;
    forget(p);
    holders_[p] = {.child = from, .worker = pull.worker};
  }
  context.send(plan_->above(context.self()), std::move(pull));
  if (out_.empty()) flush(context);
}

void Branch::forget(std::uint32_t partition) {
  holders_.erase(partition);
  std::erase_if(out_, [=](const Step& step) { return step.first == partition; });
  for (auto at = wished_.lower_bound({partition, 0});
       at != wished_.end() && at->first.first == partition; ++at)
    at->second.stands = false;
  std::erase_if(together_.wishes, [=](const Wish& wish) { return wish.partition == partition; });
}

void Branch::on(Context& context, ActorId from, Push push) {
  const auto codec = codecs_.find(from);
  if (codec == codecs_.end()) return;
  if (push.crew.empty()) push.crew.push_back({.worker = from, .rows = push.computed});
  for (const WorkerCount& one : push.crew) ledger_.computed(one.worker, one.rows);
  ledger_.moved(from, push.bytes_moved);
  keep_wishes(from, push.wishes);
  std::vector<Partial> parts;
  bool sound = true;
  // What is applied as it is stays as it is; sums are read even where nobody wants them,
  // for a codec that remembers must see every message.
  const bool as_it_is = !plan_->rounds && (plan_->descends || plan_->unsummed);
  for (Contribution& part : push.contributions)
    if (!as_it_is) sound = intake_.read(*codec->second, part, parts.emplace_back()) && sound;
  const bool regular = expected(from, push);
  for (const Turn& turn : push.turns) out_.erase({turn.partition, turn.step});
  if (regular && sound)
    collect(std::move(push), parts);
  else
    relay(context, std::move(push), parts, sound);
  if (plan_->rounds && out_.empty()) flush(context);
}

bool Branch::expected(ActorId from, const Push& push) const {
  if (!plan_->rounds || push.based_on != version_) return false;
  std::vector<std::uint32_t> partitions;
  for (const Turn& turn : push.turns) {
    const auto holder = holders_.find(turn.partition);
    if (holder == holders_.end() || holder->second.child != from) return false;
    if (!out_.contains({turn.partition, turn.step})) return false;
    partitions.push_back(turn.partition);
  }
  std::ranges::sort(partitions);
  return partitions == covered(push.contributions, plan_->partitions) &&
         std::ranges::all_of(push.contributions, [](const auto& part) { return part.level < 32; });
}

void Branch::collect(Push push, std::vector<Partial>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i)
    sums_.insert({.level = push.contributions[i].level, .index = push.contributions[i].index},
                 std::move(parts[i]));
  std::ranges::move(push.turns, std::back_inserter(together_.turns));
  std::ranges::move(push.wishes, std::back_inserter(together_.wishes));
  std::ranges::move(push.crew, std::back_inserter(together_.crew));
}

void Branch::relay(Context& context, Push push, std::vector<Partial>& parts, bool sound) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Contribution& part = push.contributions[i];
    // Of what is not finite nothing travels; that it was not, the holder sees.
    Payload payload =
        sound ? written({.level = part.level, .index = part.index}, parts[i]).payload : Payload();
    part.payload = std::move(payload);
  }
  say(context, std::move(push));
}

void Branch::flush(Context& context) {
  if (together_.turns.empty()) return;
  Push push = std::exchange(together_, {});
  push.based_on = version_;
  for (auto& [where, partial] : sums_.take_parts())
    push.contributions.push_back(written(where, partial));
  say(context, std::move(push));
}

void Branch::say(Context& context, Push push) {
  push.computed = 0;
  push.bytes_moved = ledger_.bytes_moved();
  context.send(plan_->above(context.self()), std::move(push));
}

Contribution Branch::written(Subtree where, Partial& partial) {
  Contribution part{.level = where.level,
                    .index = where.index,
                    .partitions = partial.partitions,
                    .rows = partial.rows,
                    .loss = partial.loss};
  if (plan_->descends) {
    part.payload = DenseValues{std::move(partial.states).freeze()};
    return part;
  }
  part.payload = codec_->encode({.level = where.level, .index = where.index}, partial.gradients);
  scratch_.give(std::move(partial.gradients));
  return part;
}

// What others hold by now is theirs to wish for; only what stands is passed on.
void Branch::keep_wishes(ActorId from, std::vector<Wish>& wishes) {
  std::erase_if(wishes, [&](const Wish& wish) {
    const auto holder = holders_.find(wish.partition);
    return holder == holders_.end() || holder->second.child != from;
  });
  for (const Wish& wish : wishes)
    wished_[{wish.partition, wish.step}] = {.entries = wish.features.size()};
}

Branch::Wished Branch::wished_for(const Turn& turn) {
  const auto first = wished_.lower_bound({turn.partition, 0});
  const auto here = wished_.find({turn.partition, turn.step});
  TROUPE_CHECK((here == wished_.end()), ==, false);
  const Wished wished = here->second;
  wished_.erase(first, here);
  return wished;
}

void Branch::on(Context& context, ActorId, Parameters parameters) {
  const auto back = [this](const Turn& turn) {
    return std::ranges::count(together_.turns, turn.partition, &Turn::partition) > 0;
  };
  // What we have is of another round, or somebody is to do it again: the holder judges.
  if (parameters.version != version_ || std::ranges::any_of(parameters.turns, back)) flush(context);
  if (parameters.version != version_) out_.clear();
  version_ = parameters.version;
  hand_down(context, parameters);
}

void Branch::hand_down(Context& context, Parameters& parameters) {
  std::map<ActorId, Parameters> down;
  auto* const aligned = std::get_if<AlignedValues>(&parameters.payload);
  std::size_t read = 0;
  const auto of = [&](ActorId child) -> Parameters& {
    const auto [place, anew] = down.try_emplace(child);
    if (anew) {
      place->second.version = parameters.version;
      place->second.draws = parameters.draws;
      place->second.payload = aligned ? AlignedValues{} : parameters.payload;
    }
    return place->second;
  };
  for (const Turn& turn : parameters.turns) {
    const auto [count, stands] = aligned ? wished_for(turn) : Wished();
    const auto holder = holders_.find(turn.partition);
    // Who has come since did not wish for this; the answer to its own word is under way.
    if (holder != holders_.end() && stands) {
      Parameters& theirs = of(holder->second.child);
      theirs.turns.push_back(turn);
      if (plan_->rounds) out_.insert({turn.partition, turn.step});
      if (aligned) {
        auto& values = std::get<AlignedValues>(theirs.payload).values;
        const auto from = aligned->values.begin() + static_cast<std::ptrdiff_t>(read);
        values.insert(values.end(), from, from + static_cast<std::ptrdiff_t>(count));
      }
    }
    read += count;
  }
  // A model without turns is for one who has just asked; who that was does not matter.
  if (parameters.turns.empty())
    for (const auto& [partition, holder] : holders_) of(holder.child);
  for (auto& [child, theirs] : down) context.send(child, std::move(theirs));
}

void Branch::on(Context& context, ActorId, WorkersLost lost) {
  for (std::uint32_t p = 0; p < plan_->partitions; ++p) {
    const auto holder = holders_.find(p);
    if (holder != holders_.end() && std::ranges::count(lost.workers, holder->second.worker))
      forget(p);
  }
  for (const ActorId branch : plan_->branches_below(context.self())) context.send(branch, lost);
  if (out_.empty()) flush(context);
}

// It goes down to who stands directly above them, and comes back behind all that their
// earlier lives have said.
void Branch::on(Context& context, ActorId from, WorkersJoined joined) {
  const ActorId above = plan_->above(context.self());
  if (from == above) {
    for (const ActorId branch : plan_->branches_below(context.self())) context.send(branch, joined);
    std::erase_if(joined.workers,
                  [&](ActorId worker) { return plan_->above(worker) != context.self(); });
  }
  if (joined.workers.empty()) return;
  for (const ActorId worker : joined.workers) ledger_.replaced(worker);
  flush(context);
  context.send(above, std::move(joined));
}

}  // namespace troupe
