#include "actors/peer.hpp"

#include <algorithm>
#include <cmath>

#include "actors/quota.hpp"
#include "base/finite.hpp"
#include "base/kernels/states.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

/// States on the way to one listener: this bounds its memory however slow it is.
constexpr unsigned under_way_max = 4;
/// And on the way to be evaluated.
constexpr unsigned shown_max = 8;
constexpr std::size_t staleness_bins = 65;
/// One exchange of so many looks how far the others are: it costs as much as a merge.
constexpr std::uint64_t look_every = 8;

}  // namespace

Peer::Peer(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)),
      merge_(plan_->merge()),
      update_(plan_->plain ? nullptr : plan_->update()),
      conversation_(plan_->drawing, plan_->seed),
      descent_(*plan_),
      state_(Block::zeros(plan_->parameters)) {
  plan_->begin(state_.values());
  tally_.staleness.resize(staleness_bins);
}

void Peer::on(Context& context, ActorId, Lease lease) {
  if (ended_ || feed_ != nullptr || lease.partitions.size() != 1) return;
  place_ = context.self() - Plan::first_drawn;
  partition_ = lease.partitions.front();
  try {
    feed_ = plan_->supply->feed(partition_);
  } catch (const UserError& error) {
    context.send(Plan::coordinator,
                 Failed{.exit_code = static_cast<int>(error.code()), .line = error.what()});
    return;
  }
  epoch_ = plan_->passage(partition_, 0).epoch;
  const Quota quota = quota_of(*plan_, partition_);
  exchanges_ = quota.exchanges;
  rows_left_ = quota.rows;
  context.wake(0, 0);
}

bool Peer::fits(const PeerState& state) const {
  return state.state.size() == plan_->parameters && std::isfinite(state.weight) && state.weight > 0;
}

void Peer::on(Context& context, ActorId from, PeerState state) {
  const std::uint32_t sender = from - Plan::first_drawn;
  if (ended_ || sender >= plan_->drawing.nodes.size()) return;
  tally_.bytes_received += state.state.size() * sizeof(float);
  if (!plan_->rounds) context.send(from, Received{});
  // Nobody is further ahead in rounds than there are peers between us. Without a barrier most
  // states are never looked at, and their numbers are checked only then.
  const std::uint64_t ahead = exchange_ + plan_->drawing.nodes.size();
  if (!fits(state) || (plan_->rounds && (state.exchange < exchange_ || state.exchange > ahead ||
                                         !all_finite(state.state.values())))) {
    ++tally_.refused;
    return;
  }
  Slot& slot = slots_[sender];
  if (!plan_->rounds && !slot.empty()) {
    ++tally_.overwritten;
    slot.clear();
  }
  slot.insert_or_assign(state.exchange, std::move(state));
  if (waiting_ && mix_round()) finish_exchange(context);
}

void Peer::on(Context& context, ActorId from, Received) {
  if (from == plan_->census()) {
    if (shown_ > 0) --shown_;
    return;
  }
  Line& line = lines_[from - Plan::first_drawn];
  if (line.under_way > 0) --line.under_way;
  if (line.next && !ended_) send(context, from, line, *std::exchange(line.next, std::nullopt));
}

void Peer::on(Context& context, ActorId, Stop) {
  if (!ended_) leave(context);
}

void Peer::on(Context& context, ActorId, Finish) {
  ended_ = true;
  feed_.reset();
  context.send(Plan::coordinator, Finished{.computed = tally_.computed});
  context.finished();
}

void Peer::woken(Context& context, std::uint64_t) {
  if (ended_ || waiting_) return;
  if (exchange_ >= exchanges_) return leave(context);
  try {
    step(context);
  } catch (const UserError& error) {
    ended_ = true;
    context.send(Plan::coordinator,
                 Failed{.exit_code = static_cast<int>(error.code()), .line = error.what()});
  }
}

void Peer::step(Context& context) {
  const bool heard =
      std::ranges::any_of(slots_, [](const auto& slot) { return !slot.second.empty(); });
  // What it told last is where it is now.
  if (heard && !plan_->rounds && told_.size() == 0)
    told_ = Block::copy_of(state_.values()).freeze();
  const SharedBlock before = std::exchange(told_, {});
  const float rate = plan_->schedule.rate(clock());
  if (!descend(context)) return;
  if (plan_->rounds) {
    tell(context);
    waiting_ = true;
    if (mix_round()) finish_exchange(context);
    return;
  }
  if (heard) mix_newest(before.values(), rate);
  tell(context);
  finish_exchange(context);
}

// Everybody is taken to be as far as this one.
std::uint64_t Peer::clock() const {
  const std::uint64_t before = plan_->opening ? plan_->opening->progress.delivered : 0;
  return before + tally_.computed * plan_->workers;
}

bool Peer::descend(Context& context) {
  auto [epoch, range] = plan_->passage(partition_, exchange_);
  range.last = std::min(range.last, range.first + rows_left_);
  if (range.size() > 0 && range.first == 0) tally_.bytes_moved += feed_->bytes_moved(epoch);
  tally_.loss += descent_.run(state_.values(), {.feed = *feed_,
                                                .epoch = epoch,
                                                .positions = range,
                                                .draws = clock(),
                                                .update = update_.get()});
  tally_.computed += range.size();
  rows_left_ -= range.size();
  context.spend(range.size());
  if (all_finite(std::as_const(state_).values())) return true;
  ended_ = true;
  context.send(Plan::coordinator, Refused{.worker = context.self(),
                                          .update = exchange_,
                                          .rate = plan_->schedule.rate(clock()),
                                          .diverged = true});
  return false;
}

void Peer::tell(Context& context) {
  const std::vector<std::uint32_t> listeners = conversation_.listeners(place_, exchange_);
  if (listeners.empty()) return;
  const PeerState here{.exchange = exchange_,
                       .computed = tally_.computed,
                       .weight = weight_,
                       .state = Block::copy_of(state_.values()).freeze()};
  if (!plan_->rounds) told_ = here.state;
  for (const std::uint32_t listener : listeners) {
    Line& line = lines_[listener];
    if (plan_->rounds || line.under_way < under_way_max) {
      send(context, Plan::first_drawn + listener, line, here);
      continue;
    }
    if (line.next) ++tally_.overwritten;
    line.next = here;
  }
}

void Peer::send(Context& context, ActorId to, Line& line, PeerState state) {
  ++line.under_way;
  tally_.bytes_sent += state.state.size() * sizeof(float);
  context.send(to, std::move(state));
}

void Peer::mix_newest(std::span<const float> before, float rate) {
  std::vector<std::uint32_t> senders;
  std::vector<PeerState> states;
  std::vector<Opinion> heard;
  for (auto& [sender, slot] : slots_) {
    if (slot.empty()) continue;
    PeerState state = std::move(slot.begin()->second);
    slot.clear();
    if (!all_finite(state.state.values())) {
      ++tally_.refused;
      continue;
    }
    senders.push_back(sender);
    states.push_back(std::move(state));
  }
  for (const PeerState& state : states) heard.push_back({.state = state.state.values()});
  meet({.replica = state_.values(), .before = before, .heard = heard, .rate = rate}, senders,
       states);
}

bool Peer::mix_round() {
  std::vector<std::uint32_t> senders;
  std::vector<PeerState> states;
  std::vector<Opinion> heard;
  double own = 1;
  const std::vector<MixingWeight> hears = conversation_.hears(place_, exchange_);
  for (const MixingWeight& part : hears)
    if (part.from != place_ && !slots_[part.from].contains(exchange_)) return false;
  for (const MixingWeight& part : hears) {
    if (part.from == place_) {
      own = part.weight * weight_;
      continue;
    }
    senders.push_back(part.from);
    states.push_back(std::move(slots_[part.from].extract(exchange_).mapped()));
    heard.push_back({.state = {}, .weight = part.weight * states.back().weight});
  }
  for (std::size_t i = 0; i < heard.size(); ++i) heard[i].state = states[i].state.values();
  waiting_ = false;
  meet({.replica = state_.values(), .before = state_.values(), .heard = heard, .own = own}, senders,
       states);
  return true;
}

void Peer::meet(const Encounter& encounter, const std::vector<std::uint32_t>& senders,
                const std::vector<PeerState>& states) {
  if (exchange_ % look_every == 0) look_at_distance(encounter);
  weight_ = merge_->weight(encounter);
  const std::vector<bool> let_in = merge_->mix(encounter);
  for (std::size_t i = 0; i < let_in.size(); ++i) {
    if (!let_in[i]) {
      ++tally_.refused;
      continue;
    }
    ++tally_.accepted;
    std::uint64_t& draws = heard_[senders[i]];
    draws = std::max(draws, states[i].computed);
    const std::uint64_t age = exchange_ - std::min(exchange_, states[i].exchange);
    ++tally_.staleness[std::min<std::uint64_t>(age, staleness_bins - 1)];
  }
}

// Two independent states are twice as far from each other, squared, as from the mean.
void Peer::look_at_distance(const Encounter& encounter) {
  for (const Opinion& heard : encounter.heard) {
    const double sum =
        state_kernels().distance(encounter.replica.data(), heard.state.data(), heard.state.size());
    squares_ += sum / 2;
    ++looked_;
  }
}

void Peer::finish_exchange(Context& context) {
  ++exchange_;
  const std::uint64_t epoch = plan_->passage(partition_, exchange_).epoch;
  const bool over = epoch != epoch_;
  epoch_ = epoch;
  if (over || context.now() - reported_at_ >= plan_->report_seconds) report(context, false);
  if (over && place_ == 0 && epoch % plan_->evaluate_every == 0) show(context);
  context.wake(0, 0);
}

void Peer::show(Context& context) {
  // Nobody waits for a verdict: where the coordinator is slower, some epochs are not seen.
  if (shown_ >= shown_max) return;
  ++shown_;
  const std::uint64_t before = plan_->opening ? plan_->opening->progress.updates : 0;
  const std::uint64_t updates = plan_->rounds ? exchange_ : exchange_ * plan_->workers;
  context.send(plan_->census(), Evaluate{.epoch = epoch_,
                                         .updates = before + updates,
                                         .model = Block::copy_of(state_.values()).freeze()});
}

void Peer::report(Context& context, bool last) {
  reported_at_ = context.now();
  tally_.exchanges = exchange_;
  tally_.heard.clear();
  for (const auto& [sender, draws] : heard_)
    tally_.heard.push_back({.worker = Plan::first_drawn + sender, .rows = draws});
  if (looked_ > 0) tally_.distance = std::sqrt(squares_ / static_cast<double>(looked_));
  squares_ = 0;
  looked_ = 0;
  Tally tally = tally_;
  tally.last = last;
  if (last && (plan_->consensus || place_ == 0))
    tally.state = Block::copy_of(state_.values()).freeze();
  context.send(plan_->census(), std::move(tally));
}

void Peer::leave(Context& context) {
  ended_ = true;
  waiting_ = false;
  report(context, true);
}

}  // namespace troupe
