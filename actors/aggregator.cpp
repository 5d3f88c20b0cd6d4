#include "actors/aggregator.hpp"

#include <algorithm>
#include <limits>

#include "actors/entries.hpp"
#include "actors/handover.hpp"
#include "base/check.hpp"

namespace troupe {
namespace {

constexpr std::size_t spare_max = 16;

}  // namespace

Aggregator::Aggregator(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)),
      exchange_(plan_->exchange()),
      gate_(plan_->gate()),
      update_(plan_->update()),
      merge_(plan_->merge()),
      publication_(plan_->parameters, plan_->pull),
      strides_(plan_->drawing.nodes.size()),
      scratch_(plan_->parameters),
      intake_(*plan_, scratch_),
      seats_(plan_->partitions),
      round_(*plan_, scratch_) {
  if (plan_->steps_every) standing_.emplace(plan_->partitions, plan_->parameters);
  if (plan_->shards() > 1) shards_.emplace(*plan_);
  plan_->begin(publication_.model());
  take_over(ledger_, *plan_);
  take_over(*update_, *plan_);
  if (plan_->opening) {
    publication_.open(plan_->opening->version);
    updates_ = plan_->opening->progress.updates;
    epoch_ = plan_->opening->progress.epoch;
  }
  // Everybody takes part before anybody draws, and all quotas of a round are dealt,
  // so that it does not matter who comes first.
  for (std::uint32_t p = 0; p < plan_->partitions; ++p) {
    gate_->enter(p, 0);
    if (plan_->rounds) offer(p);
  }
}

void Aggregator::on(Context& context, ActorId from, Pull pull) {
  const ActorId worker = pull.worker == 0 ? from : pull.worker;
  if (ended_ || lost_.contains(worker)) return;
  if (enough()) return finish(context);  // a quota of nothing
  Colleague& colleague = colleagues_[from];
  if (colleague.codec == nullptr) colleague.codec = plan_->codec();
  const bool closing = stopping_ && all_back();
  bool too_late = false;
  std::vector<Turn> turns;
  for (const std::uint32_t p : pull.partitions) {
    // Word of a lease may come when somebody else has claimed a later one.
    if (p >= seats_.size() || pull.lease < seats_[p].lease) continue;
    Seat& seat = seats_[p];
    seat.lease = pull.lease;
    const bool anew = !seat.holder || seat.worker != worker;
    seat.holder = from;
    seat.worker = worker;
    seat.wishes.clear();
    while (!plan_->rounds && !seat.waits && offer(p)) {
    }
    // Others have all that was left: the gate must not make them wait for it.
    if (!plan_->rounds && !stopping_ && !seat.waits && seat.due.empty()) {
      waiting_.push_back(p);
      too_late = true;
    }
    for (std::size_t i = 0; i < seat.due.size(); ++i) {
      // Who held it before may be about to push what it was aligned with.
      Features aligned = anew ? Features() : seat.due[i].features;
      seat.due[i].given = false;
      if (!closing) turns.push_back(give(p, i));
      seat.due[i].features = std::move(aligned);
    }
  }
  answer(context, from, std::move(turns),
         plan_->pull == PullKind::snapshot ? shared(colleague, true) : publication_.dense());
  if (too_late) look_around(context);
}

void Aggregator::on(Context& context, ActorId, Proceed) {
  if (!std::exchange(awaiting_verdict_, false) || ended_) return;
  release(context, std::exchange(waiting_, {}));
}

void Aggregator::on(Context& context, ActorId, WorkersLost lost) {
  lost_.insert(lost.workers.begin(), lost.workers.end());
  if (shards_ &&
      std::ranges::any_of(lost.workers, [this](ActorId who) { return plan_->holds_model(who); }))
    return end_torn(context);
  if (shards_ && !ended_)
    for (const ActorId worker : lost.workers)
      for (Gathering::Gathered& gathered : shards_->gathering.forget(worker))
        give_up(std::move(gathered));
  for (const ActorId worker : lost.workers)
    if (worker - Plan::first_drawn < plan_->drawing.nodes.size())
      strides_.forget(worker - Plan::first_drawn);
  for (Seat& seat : seats_) {
    if (!seat.holder || !std::ranges::count(lost.workers, seat.worker)) continue;
    seat.holder.reset();
    seat.wishes.clear();
    for (Due& due : seat.due) due.given = false;  // on offer to whoever holds the lease next
  }
  for (const ActorId branch : plan_->branches_below(context.self())) context.send(branch, lost);
  // Nobody will come for these turns any more once we are stopping.
  if (stopping_ && !ended_ && (plan_->rounds || all_back())) finish(context);
}

void Aggregator::on(Context& context, ActorId from, WorkersJoined joined) {
  const std::vector<ActorId> branches = plan_->branches_below(context.self());
  if (from == Plan::coordinator && !branches.empty()) {
    for (const ActorId branch : branches) context.send(branch, joined);
    return;  // it comes back when nothing of their earlier lives is under way any more
  }
  if (ended_) return;  // the accounts are closed: nobody is listened to any more
  for (const ActorId worker : joined.workers) {
    if (lost_.erase(worker) == 0) continue;
    colleagues_.erase(worker);
    ledger_.replaced(worker);
  }
  context.send(Plan::coordinator, std::move(joined));  // now they are listened to
}

void Aggregator::on(Context& context, ActorId, Stop stop) {
  if (ended_) return;
  stopping_ = true;
  fencing_ = stop.fence;
  if (stop.at_once || all_back())
    finish(context);
  else
    context.wake(plan_->stop_seconds, nobody_comes);
}

void Aggregator::absorb(Context& context, Partial& partial, bool together) {
  if (partial.rows > 0 && !ended_) {
    const bool listed = plan_->unsummed;
    const bool alone = !plan_->rounds && !together;
    const std::uint64_t staleness = alone ? publication_.version() - partial.based_on : 0;
    if (alone && shards_) shards_->direction.name(partial.partition);
    if (alone)
      ledger_.staleness(partial.partition, staleness);
    else if (!together)
      ledger_.staleness(0);
    update_->about({.partition = partial.partition,
                    .staleness = staleness,
                    .pulled = partial.pulled.values()});
    const float rate = plan_->schedule.rate(ledger_.delivered());
    const bool finite =
        exchange_->absorb({.model = publication_.model(),
                           .gradients = plan_->descends || listed ? nullptr : &partial.gradients,
                           .listed = listed ? &partial.entries : nullptr,
                           .states = std::as_const(partial.states).values(),
                           .arrived = {.rows = partial.rows, .partitions = partial.partitions},
                           .partitions = plan_->partitions,
                           .round = !alone,
                           .rate = rate},
                          *merge_, *update_);
    if (listed)
      publication_.advance(partial.entries.features);
    else if (plan_->descends || update_->dense() || partial.gradients.dense())
      publication_.advance();
    else
      publication_.advance(partial.gradients.touched());
    if (shards_)
      shards_->direction.update({.version = publication_.version(),
                                 .rows = partial.rows,
                                 .partitions = partial.partitions,
                                 .alone = alone,
                                 .partition = partial.partition,
                                 .staleness = staleness,
                                 .rate = rate});
    if (plan_->reply == ReplyKind::gradient) remember(partial, rate);
    if (!finite) overflow(context);
    ledger_.deliver(partial.rows + partial.folded, partial.loss);
    ++updates_;
    if (!plan_->rounds) refused_partitions_ = 0;
  } else if (shards_) {
    if (!plan_->rounds && !together) shards_->direction.name(partial.partition);
    shards_->direction.discard();
  }
  recycle(partial);
}

void Aggregator::recycle(Partial& partial) {
  if (partial.gradients.size() > 0) scratch_.give(std::move(partial.gradients));
  if (partial.entries.values.capacity() > 0 && spare_.size() < spare_max)
    spare_.push_back(std::move(partial.entries.values));
}

void Aggregator::release(Context& context, std::vector<std::uint32_t> partitions) {
  std::map<ActorId, std::vector<Turn>> turns;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const std::uint32_t p = partitions[i];
    Seat& seat = seats_[p];
    seat.waits = false;
    if (!offer(p)) {
      // What it brought last may still be held: it has arrived, nobody waits for it.
      if (!seat.due.empty() || held_.contains(p)) continue;
      // Its rows are done: the gate must not make others wait for it.
      const Verdict verdict = gate_->leave(p);
      obey(context, verdict);
      partitions.insert(partitions.end(), verdict.released.begin(), verdict.released.end());
      continue;
    }
    if (seat.holder) turns[*seat.holder].push_back(give(p, seat.due.size() - 1));
  }
  const bool opened = std::exchange(opened_, false);
  const bool holds_news = !plan_->waits && plan_->holds;  // until the gate opens
  if (holds_news && opened) tell_all(turns);
  for (auto& [worker, theirs] : turns) {
    if (holds_news && !opened)
      answer(context, worker, std::move(theirs), {});
    else if (plan_->reply != ReplyKind::gradient || !answer_gradient(context, worker, theirs)) {
      Payload payload = pulled(colleagues_.at(worker), theirs);
      answer(context, worker, std::move(theirs), std::move(payload));
    }
  }
}

bool Aggregator::offer(std::uint32_t p) {
  Seat& seat = seats_[p];
  const std::uint64_t left = draws_left();
  const bool steps_left =
      !plan_->stop.steps || standing_ || updates_ + offered_turns_ < *plan_->stop.steps;
  if (!plan_->rounds && (left == 0 || !steps_left)) return false;
  if (!plan_->rounds && seat.due.size() >= plan_->ahead) return false;
  const std::uint64_t step = seat.step + seat.due.size();
  seat.due.push_back({.rows = std::min(plan_->drawn(p, step).size(), left)});
  offered_rows_ += seat.due.back().rows;
  ++offered_turns_;
  return true;
}

Turn Aggregator::give(std::uint32_t p, std::size_t which) {
  Seat& seat = seats_[p];
  Due& due = seat.due[which];
  due.given = true;
  if (plan_->remembers) due.pulled = publication_.snapshot();
  due.features = {};
  return {.partition = p, .step = seat.step + which, .rows = due.rows};
}

Payload Aggregator::pulled(Colleague& colleague, const std::vector<Turn>& turns) {
  const auto due = [&](const Turn& turn) { return turn.step % plan_->pull_turns == 0; };
  const bool all = std::exchange(colleague.wants_all, false);
  if (!all && !turns.empty() && std::ranges::none_of(turns, due)) return {};
  if (plan_->pull == PullKind::sparse) {
    if (auto values = granted(turns)) return std::move(*values);
  } else if (plan_->pull == PullKind::snapshot) {
    return shared(colleague, all);
  } else if (plan_->pull == PullKind::changed && !all) {
    return publication_.changed_since(colleague.known_version);
  }
  return publication_.dense();
}

// Nothing where the worker has it already.
Payload Aggregator::shared(const Colleague& colleague, bool again) {
  SharedBlock model = publication_.shared(plan_->snapshot_every - 1);
  if (colleague.known_version == publication_.shared_version() && !again) return {};
  return DenseValues{std::move(model)};
}

// All turns of an answer are aligned with their wishes, or none is.
std::optional<AlignedValues> Aggregator::granted(const std::vector<Turn>& turns) {
  std::size_t count = 0;
  for (const Turn& turn : turns) {
    const std::vector<Wish>& wishes = seats_[turn.partition].wishes;
    const auto wish = std::ranges::find(wishes, turn.step, &Wish::step);
    if (wish == wishes.end()) return std::nullopt;
    count += wish->features.size();
  }
  AlignedValues aligned;
  if (!spare_.empty()) {
    aligned.values = std::move(spare_.back());
    spare_.pop_back();
  }
  aligned.values.resize(count);
  std::span<float> rest = aligned.values;
  for (const Turn& turn : turns) {
    Seat& seat = seats_[turn.partition];
    const auto wish = std::ranges::find(seat.wishes, turn.step, &Wish::step);
    gather(wish->features, publication_.model(), rest.data());
    rest = rest.subspan(wish->features.size());
    seat.due[turn.step - seat.step].features = std::move(wish->features);
    seat.wishes.erase(seat.wishes.begin(), wish + 1);
  }
  return aligned;
}

void Aggregator::answer(Context& context, ActorId worker, std::vector<Turn> turns,
                        Payload payload) {
  // Of what it has then, not of what there is: the staleness is counted from there.
  std::uint64_t& version = colleagues_.at(worker).known_version;
  if (!std::holds_alternative<std::monostate>(payload))
    version =
        plan_->pull == PullKind::snapshot ? publication_.shared_version() : publication_.version();
  if (shards_ && !std::holds_alternative<std::monostate>(payload)) {
    shards_->direction.tell(worker, version);
    ledger_.sent((plan_->cuts.back() - plan_->parameters) * sizeof(float));
  }
  ledger_.sent(payload_bytes(payload));
  step_begins(context, worker, turns.size());
  context.send(worker, Parameters{.version = version,
                                  .draws = ledger_.delivered(),
                                  .turns = std::move(turns),
                                  .payload = std::move(payload)});
}

}  // namespace troupe
