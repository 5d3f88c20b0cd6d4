#include "actors/aggregator.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"
#include "base/finite.hpp"

namespace troupe {
namespace {

std::uint64_t rows_of(const std::vector<Turn>& turns) {
  std::uint64_t rows = 0;
  for (const Turn& turn : turns) rows += turn.rows;
  return rows;
}

// The partitions that the parts cover, in order: what a push claims to be about.
std::vector<std::uint32_t> covered(const std::vector<Contribution>& parts,
                                   std::uint32_t partitions) {
  std::vector<std::uint32_t> result;
  for (const Contribution& part : parts) {
    if (part.level > 31) continue;
    const std::uint64_t first = std::uint64_t{part.index} << part.level;
    const std::uint64_t last = std::min<std::uint64_t>(partitions, first + (1ULL << part.level));
    for (std::uint64_t p = first; p < last; ++p) result.push_back(static_cast<std::uint32_t>(p));
  }
  std::ranges::sort(result);
  return result;
}

}  // namespace

Aggregator::Aggregator(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)),
      exchange_(plan_->exchange()),
      gate_(plan_->gate()),
      update_(plan_->update()),
      merge_(plan_->merge()),
      publication_(plan_->parameters, plan_->pull),
      scratch_(plan_->parameters),
      seats_(plan_->partitions),
      round_(plan_->partitions) {
  plan_->model->initialise(publication_.model(), plan_->seed, plan_->start.rows());
  // Everybody takes part before anybody draws, and all quotas of a round are dealt,
  // so that it does not matter who comes first.
  for (std::uint32_t p = 0; p < plan_->partitions; ++p) {
    gate_->enter(p, 0);
    if (plan_->rounds) offer(p);
  }
}

void Aggregator::on(Context& context, ActorId from, Pull pull) {
  if (ended_ || lost_.contains(from)) return;
  if (enough()) return finish(context);  // a quota of nothing
  Colleague& colleague = colleagues_[from];
  if (colleague.codec == nullptr) colleague.codec = plan_->codec();
  const bool closing = stopping_ && all_back();
  std::vector<Turn> turns;
  for (const std::uint32_t p : pull.partitions) {
    if (p >= seats_.size()) continue;
    Seat& seat = seats_[p];
    seat.given = false;
    seat.holder = from;
    if (!seat.offered && !plan_->rounds) offer(p);
    if (!seat.offered || closing) {
      ++colleague.at_gate;
      continue;
    }
    seat.given = true;
    turns.push_back({.partition = p, .step = seat.step, .rows = seat.rows});
  }
  // What it asked for with earlier pushes is still due: those turns come later, and
  // a partition that gets its turn later was in nobody's list of features.
  answer(context, from, std::move(turns), publication_.dense());
  colleague.wants_all = colleague.at_gate > 0;
}

void Aggregator::on(Context& context, ActorId from, Push push) {
  const auto place = colleagues_.find(from);
  if (place == colleagues_.end() || ended_) return;
  Colleague& colleague = place->second;
  ledger_.computed(from, push.computed);
  ledger_.moved(from, push.bytes_moved);
  std::vector<Partial> parts;
  // Decoded before it is judged: a codec that remembers must see every message.
  const bool sound = decode(colleague, push, parts);
  if (!expected(from, push)) {
    ledger_.discard("late", rows_of(push.turns));
    return;
  }
  colleague.features.insert(colleague.features.end(), push.features.begin(), push.features.end());
  if (sound)
    colleague.refused_in_a_row = 0;
  else
    refuse(context, from, parts);
  if (!ended_) take(context, push, std::move(parts));
}

void Aggregator::on(Context& context, ActorId, Proceed) {
  if (!std::exchange(awaiting_verdict_, false) || ended_) return;
  release(context, std::exchange(waiting_, {}));
}

void Aggregator::on(Context& context, ActorId, WorkersLost lost) {
  lost_.insert(lost.workers.begin(), lost.workers.end());
  for (Seat& seat : seats_) {
    if (!seat.holder || !std::ranges::count(lost.workers, *seat.holder)) continue;
    seat.holder.reset();
    seat.given = false;  // still on offer, to whoever holds the lease next
  }
  // Nobody will come for these turns any more once we are stopping.
  if (stopping_ && !ended_ && (plan_->rounds || all_back())) finish(context);
}

void Aggregator::on(Context& context, ActorId, Stop stop) {
  if (ended_) return;
  stopping_ = true;
  if (stop.at_once || all_back())
    finish(context);
  else
    context.wake(plan_->stop_seconds, 0);
}

void Aggregator::woken(Context& context, std::uint64_t) {
  if (!ended_) finish(context);
}

bool Aggregator::expected(ActorId from, const Push& push) const {
  std::uint64_t rows = 0;
  std::vector<std::uint32_t> partitions;
  for (const Turn& turn : push.turns) {
    if (turn.partition >= seats_.size()) return false;
    const Seat& seat = seats_[turn.partition];
    if (seat.holder != from || !seat.given || seat.step != turn.step || turn.rows > seat.rows)
      return false;
    partitions.push_back(turn.partition);
    rows += turn.rows;
  }
  for (const Contribution& part : push.contributions) rows -= part.rows;
  std::ranges::sort(partitions);
  return rows == 0 && partitions == covered(push.contributions, plan_->partitions);
}

bool Aggregator::decode(Colleague& colleague, Push& push, std::vector<Partial>& parts) {
  bool sound = true;
  for (Contribution& part : push.contributions) {
    ledger_.received(payload_bytes(part.payload));
    Partial partial;
    partial.partitions = part.partitions;
    partial.rows = part.rows;
    partial.loss = part.loss;
    if (plan_->descends) {
      auto* dense = std::get_if<DenseValues>(&part.payload);
      const bool fits = dense != nullptr && dense->values.size() == plan_->parameters;
      if (fits) partial.states = std::move(dense->values).thaw();
      sound = sound && fits && all_finite(partial.states.values());
    } else {
      partial.gradients = scratch_.take();
      sound = colleague.codec->decode({.level = part.level, .index = part.index}, part.payload,
                                      partial.gradients) &&
              partial.gradients.finite() && sound;
    }
    parts.push_back(std::move(partial));
  }
  return sound;
}

void Aggregator::refuse(Context& context, ActorId from, std::vector<Partial>& parts) {
  std::uint64_t rows = 0;
  for (Partial& part : parts) {
    rows += part.rows;
    refused_partitions_ += std::max<std::uint32_t>(1, part.partitions);
    part = Partial();
  }
  ledger_.discard("not finite", rows);
  Colleague& colleague = colleagues_.at(from);
  colleague.wants_all = true;  // its replica is no good either
  const Refused refused{.worker = from,
                        .update = updates_,
                        .rate = plan_->schedule.rate(ledger_.delivered()),
                        .diverged = refused_partitions_ * 2 > plan_->partitions,
                        .excluded = ++colleague.refused_in_a_row >= 3};
  context.send(Plan::coordinator, refused);
  if (refused.diverged) finish(context);
}

void Aggregator::take(Context& context, const Push& push, std::vector<Partial> parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (plan_->rounds) {
      const Contribution& part = push.contributions[i];
      round_.insert(
          {.level = part.level, .index = part.index}, std::move(parts[i]),
          [this](Partial& left, Partial right) { add_partial(left, std::move(right), scratch_); });
    } else {
      ledger_.staleness(publication_.version() - push.based_on);
      absorb(context, parts[i]);
    }
  }
  for (const Turn& turn : push.turns) {
    Seat& seat = seats_[turn.partition];
    offered_rows_ -= seat.rows;
    --offered_turns_;
    seat.offered = seat.given = false;
    ++seat.step;
    ++colleagues_.at(*seat.holder).at_gate;
    const Verdict verdict = gate_->arrive(turn.partition, turn.step);
    waiting_.insert(waiting_.end(), verdict.released.begin(), verdict.released.end());
    if (!plan_->rounds || !verdict.merge) continue;
    ledger_.staleness(0);
    std::optional<Partial> sum = round_.take_root();
    TROUPE_CHECK(sum.has_value(), ==, true);  // a gate of rounds opens when all are here
    absorb(context, *sum);
    refused_partitions_ = 0;
  }
  look_around(context);
}

void Aggregator::absorb(Context& context, Partial& partial) {
  if (partial.rows > 0 && !ended_) {
    exchange_->absorb({.model = publication_.model(),
                       .gradients = plan_->descends ? nullptr : &partial.gradients,
                       .states = std::as_const(partial.states).values(),
                       .arrived = {.rows = partial.rows, .partitions = partial.partitions},
                       .partitions = plan_->partitions,
                       .round = plan_->rounds,
                       .rate = plan_->schedule.rate(ledger_.delivered())},
                      *merge_, *update_);
    const bool everywhere = plan_->descends || update_->dense();
    publication_.advance(everywhere ? nullptr : &partial.gradients);
    if (!publication_.finite(everywhere ? nullptr : &partial.gradients)) overflow(context);
    ledger_.deliver(partial.rows, partial.loss);
    ++updates_;
    if (!plan_->rounds) refused_partitions_ = 0;
  }
  if (partial.gradients.size() > 0) scratch_.give(std::move(partial.gradients));
}

void Aggregator::overflow(Context& context) {
  context.send(Plan::coordinator, Refused{.worker = context.self(),
                                          .update = updates_,
                                          .rate = plan_->schedule.rate(ledger_.delivered()),
                                          .diverged = true});
  finish(context);
}

void Aggregator::look_around(Context& context) {
  if (ended_) return;
  if (enough() || (stopping_ && all_back())) return finish(context);
  look_at_epoch(context);
  if (context.now() - reported_at_ >= plan_->report_seconds) {
    reported_at_ = context.now();
    context.send(Plan::coordinator, ledger_.progress(epoch_, updates_));
  }
  if (!awaiting_verdict_ && !stopping_) release(context, std::exchange(waiting_, {}));
}

void Aggregator::look_at_epoch(Context& context) {
  const std::uint64_t epoch = ledger_.delivered() / plan_->training.size();
  if (epoch == epoch_) return;
  epoch_ = epoch;
  context.send(Plan::coordinator, ledger_.progress(epoch_, updates_));
  reported_at_ = context.now();
  if (epoch % plan_->evaluate_every != 0) return;
  context.send(Plan::evaluator,
               Evaluate{.epoch = epoch, .updates = updates_, .model = publication_.snapshot()});
  // Only behind a barrier is there a moment at which nobody works on.
  awaiting_verdict_ = plan_->rounds && plan_->stop.needs_verdict();
}

void Aggregator::release(Context& context, std::vector<std::uint32_t> partitions) {
  std::map<ActorId, std::vector<Turn>> turns;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const std::uint32_t p = partitions[i];
    Seat& seat = seats_[p];
    offer(p);
    if (!seat.offered) {
      // Its rows are done: the gate must not make others wait for it.
      const Verdict verdict = gate_->leave(p);
      partitions.insert(partitions.end(), verdict.released.begin(), verdict.released.end());
      continue;
    }
    if (!seat.holder) continue;
    seat.given = true;
    turns[*seat.holder].push_back({.partition = p, .step = seat.step, .rows = seat.rows});
  }
  for (auto& [worker, theirs] : turns) {
    Colleague& colleague = colleagues_.at(worker);
    colleague.at_gate -= std::min(colleague.at_gate, static_cast<std::uint32_t>(theirs.size()));
    Payload payload = pulled(colleague);
    answer(context, worker, std::move(theirs), std::move(payload));
    colleague.wants_all = colleague.at_gate > 0;
  }
}

void Aggregator::offer(std::uint32_t p) {
  Seat& seat = seats_[p];
  const std::uint64_t left = draws_left();
  const bool steps_left = !plan_->stop.steps || updates_ + offered_turns_ < *plan_->stop.steps;
  if (!plan_->rounds && (left == 0 || !steps_left)) return;
  seat.rows = std::min(plan_->drawn(p, seat.step).size(), left);
  seat.offered = true;
  offered_rows_ += seat.rows;
  ++offered_turns_;
}

Payload Aggregator::pulled(Colleague& colleague) {
  std::vector<std::uint32_t> features = std::exchange(colleague.features, {});
  if (colleague.wants_all || plan_->pull == PullKind::dense) return publication_.dense();
  if (plan_->pull == PullKind::sparse) return publication_.listed(std::move(features));
  return publication_.changed_since(colleague.known_version);
}

void Aggregator::answer(Context& context, ActorId worker, std::vector<Turn> turns,
                        Payload payload) {
  colleagues_.at(worker).known_version = publication_.version();
  ledger_.sent(payload_bytes(payload));
  context.send(worker, Parameters{.version = publication_.version(),
                                  .draws = ledger_.delivered(),
                                  .turns = std::move(turns),
                                  .payload = std::move(payload)});
}

std::uint64_t Aggregator::draws_left() const {
  const auto planned = plan_->draws_planned();
  if (!planned) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t used = ledger_.delivered() + offered_rows_;
  return used >= *planned ? 0 : *planned - used;
}

bool Aggregator::enough() const {
  const auto planned = plan_->draws_planned();
  return (planned && ledger_.delivered() >= *planned) ||
         (plan_->stop.steps && updates_ >= *plan_->stop.steps);
}

bool Aggregator::all_back() const {
  // A round that has begun is finished; between rounds all seats are on offer to
  // nobody, or all wait for a verdict.
  return std::ranges::none_of(seats_, &Seat::given) && round_.empty();
}

void Aggregator::finish(Context& context) {
  ended_ = true;
  epoch_ = ledger_.delivered() / plan_->training.size();
  for (const auto& [where, partial] : round_.take_parts())
    ledger_.discard("unfinished round", partial.rows);
  context.send(Plan::coordinator, Final{.model = publication_.snapshot(),
                                        .progress = ledger_.progress(epoch_, updates_),
                                        .discarded = ledger_.discarded(),
                                        .computed = ledger_.computed()});
}

}  // namespace troupe
